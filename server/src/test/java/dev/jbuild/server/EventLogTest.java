package dev.jbuild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventLogTest {
  @TempDir Path directory;
  private EventLog log;

  @BeforeEach
  void open() {
    log = new EventLog(directory.resolve("log"));
  }

  @AfterEach
  void close() throws Exception {
    log.close();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void whatWasAppendedIsReadFromAnyEvent() throws Exception {
    log.append("one".getBytes(UTF_8));
    long second = log.size();
    log.append("two".getBytes(UTF_8));

    assertThat(new String(log.read(0), UTF_8)).isEqualTo("one\ntwo\n");
    assertThat(new String(log.read(second), UTF_8)).isEqualTo("two\n");
    assertThat(log.read(log.size())).isEmpty();
  }

  @Test
  void onlyPlacesBetweenEventsAreBoundaries() throws Exception {
    log.append("one".getBytes(UTF_8));

    assertThat(log.isBoundary(0)).isTrue();
    assertThat(log.isBoundary(4)).isTrue();
    assertThat(log.isBoundary(2)).isFalse();
    assertThat(log.isBoundary(5)).isFalse();
    assertThat(log.isBoundary(-1)).isFalse();
  }

  @Test
  void piecesEndBetweenEvents() throws Exception {
    byte[] line = "y".repeat(1000).getBytes(UTF_8);
    for (int i = 0; i < 200; i++) {
      log.append(line);
    }
    long place = 0;
    while (place < log.size()) {
      byte[] piece = log.read(place);
      assertThat(piece[piece.length - 1]).isEqualTo((byte) '\n');
      assertThat(piece.length).isLessThanOrEqualTo(64 << 10);
      place += piece.length;
    }
    assertThat(place).isEqualTo(200 * 1001L);
  }

  @Test
  void anEventLongerThanAPieceIsReadWhole() throws Exception {
    log.append("z".repeat(300_000).getBytes(UTF_8));
    log.append("after".getBytes(UTF_8));

    assertThat(log.read(0)).hasSize(300_001 + 6);
  }

  @Test
  void followersWaitForMoreAndLearnOfTheEnd() throws Exception {
    assertThat(log.await(0, Duration.ofMillis(1))).isEqualTo(EventLog.Next.WAIT);

    Thread writer = Thread.startVirtualThread(() -> log.append("x".getBytes(UTF_8)));
    assertThat(log.await(0, Duration.ofSeconds(30))).isEqualTo(EventLog.Next.READ);
    writer.join();

    Thread ender = Thread.startVirtualThread(log::end);
    assertThat(log.await(log.size(), Duration.ofSeconds(30))).isEqualTo(EventLog.Next.ENDED);
    assertThat(log.await(0, Duration.ofSeconds(30))).isEqualTo(EventLog.Next.READ);
    ender.join();
  }
}
