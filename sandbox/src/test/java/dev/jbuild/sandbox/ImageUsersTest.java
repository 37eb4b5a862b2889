package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ImageUsersTest {

  private static final byte[] PASSWD =
      """
      root:x:0:0:root:/root:/bin/sh
      # a comment
      broken line
      app:x:1000:1001:App:/home/app:/bin/sh
      app:x:2000:2000::/second:/bin/sh
      1234:x:77:78::/odd:/bin/sh
      """
          .getBytes(StandardCharsets.UTF_8);

  private static final byte[] GROUP =
      """
      root:x:0:
      app:x:1001:
      video:x:44:root,app
      audio:x:29:app
      """
          .getBytes(StandardCharsets.UTF_8);

  record Row(String user, ResolvedUser expected) {
    @Override
    public String toString() {
      return "\"" + user + "\"";
    }
  }

  static List<Row> rows() {
    return List.of(
        new Row("", new ResolvedUser(0, 0, List.of(44), "/root")),
        new Row("root", new ResolvedUser(0, 0, List.of(44), "/root")),
        new Row("app", new ResolvedUser(1000, 1001, List.of(44, 29), "/home/app")),
        new Row("app:video", new ResolvedUser(1000, 44, List.of(), "/home/app")),
        new Row("app:5", new ResolvedUser(1000, 5, List.of(), "/home/app")),
        new Row("app:", new ResolvedUser(1000, 1001, List.of(44, 29), "/home/app")),
        new Row("1000", new ResolvedUser(1000, 1001, List.of(44, 29), "/home/app")),
        new Row("1000:7", new ResolvedUser(1000, 7, List.of(), "/home/app")),
        new Row("1234", new ResolvedUser(1234, 0, List.of(), "/")),
        new Row("4711:4712", new ResolvedUser(4711, 4712, List.of(), "/")),
        new Row("4711:audio", new ResolvedUser(4711, 29, List.of(), "/")),
        new Row(":video", new ResolvedUser(0, 44, List.of(), "/root")));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void userIsResolvedAsBuildKitDoes(Row row) {
    assertThat(ImageUsers.resolve(row.user, PASSWD, GROUP)).isEqualTo(row.expected);
  }

  @Test
  void imageWithoutFilesKnowsNumbersOnly() {
    assertThat(ImageUsers.resolve("1000", null, null))
        .isEqualTo(new ResolvedUser(1000, 0, List.of(), "/"));
    assertThat(ImageUsers.resolve("", null, null)).isEqualTo(ResolvedUser.ROOT);
    assertThatThrownBy(() -> ImageUsers.resolve("app", null, null))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("user \"app\" is not in the image's /etc/passwd");
  }

  @ParameterizedTest
  @CsvSource({
    "nobody, user \"nobody\" is not in the image's /etc/passwd",
    "app:none, group \"none\" is not in the image's /etc/group",
    "1:2:3, user \"1:2:3\" has more than one \":\"",
    "4294967296, id 4294967296 of user \"4294967296\" is above 2147483647",
    "99999999999999999999, id 99999999999999999999 of user \"99999999999999999999\" is above 2147483647",
  })
  void wrongUserIsRefusedWithItsName(String user, String message) {
    assertThatThrownBy(() -> ImageUsers.resolve(user, PASSWD, GROUP))
        .isInstanceOf(BuildFailure.class)
        .hasMessage(message);
  }
}
