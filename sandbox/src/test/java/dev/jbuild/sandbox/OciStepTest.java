package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OciStepTest {

  /** As runc 1.1.5, crun 1.8.1 and crun 1.21 say it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "127 | exec: \"no-such-program\": executable file not found in $PATH",
        "127 | exec: \"/bin/none\": stat /bin/none: no such file or directory",
        "127 | executable file `no-such-program` not found in $PATH: No such file or directory",
        "126 | exec: \"/etc/passwd\": permission denied",
        "126 | exec /script: exec format error",
        "126 | open executable: Permission denied",
        "126 | the path `/etc/passwd` exists but it is not executable: Operation not permitted",
        "    | cgroups in hybrid mode not supported, drop all controllers from cgroupv2",
        "    | mount `proc` to `proc`: Permission denied",
      })
  void complaintsOfTheProgramHaveTheCodeOfAShell(Integer code, String complaint) {
    assertThat(OciStep.exitCode(complaint))
        .isEqualTo(code == null ? OptionalInt.empty() : OptionalInt.of(code));
  }
}
