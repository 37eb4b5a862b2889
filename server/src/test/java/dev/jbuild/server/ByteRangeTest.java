package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.server.ByteRange.Asked;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ByteRangeTest {

  record Row(String name, @Nullable String header, long size, Asked asked) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Row> rows() {
    return Stream.of(
        new Row("none", null, 10, new Asked.Whole()),
        new Row("first two", "bytes=0-1", 10, new Asked.Part(new ByteRange(0, 2))),
        new Row("open end", "bytes=4-", 10, new Asked.Part(new ByteRange(4, 6))),
        new Row("beyond the end", "bytes=4-99", 10, new Asked.Part(new ByteRange(4, 6))),
        new Row("last three", "bytes=-3", 10, new Asked.Part(new ByteRange(7, 3))),
        new Row("more than there is", "bytes=-30", 10, new Asked.Part(new ByteRange(0, 10))),
        new Row("after the end", "bytes=10-", 10, new Asked.Unsatisfiable()),
        new Row("no suffix", "bytes=-0", 10, new Asked.Unsatisfiable()),
        new Row("backwards is ignored", "bytes=5-2", 10, new Asked.Whole()),
        new Row("several are ignored", "bytes=0-1,3-4", 10, new Asked.Whole()),
        new Row("another unit is ignored", "lines=0-1", 10, new Asked.Whole()),
        new Row("nothing is ignored", "bytes=-", 10, new Asked.Whole()),
        new Row("an empty blob has no part", "bytes=0-", 0, new Asked.Unsatisfiable()));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void asksForWhatTheHeaderSays(Row row) {
    assertThat(ByteRange.parse(row.header(), row.size())).isEqualTo(row.asked());
  }
}
