package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockIoWeightTest {
  @TempDir Path sys;

  private void file(String name, String text) throws IOException {
    Path file = sys.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  @Test
  void weightThatNoDeviceHeedsIsTold() throws IOException {
    assertThat(BlockIoWeight.note(sys)).isPresent();
    file("block/vda/queue/scheduler", "none [mq-deadline] kyber bfq \n");
    file("fs/cgroup/io.cost.qos", "8:0 enable=0 ctrl=auto\n");
    assertThat(BlockIoWeight.note(sys))
        .hasValueSatisfying(note -> assertThat(note).startsWith("--blkio-weight has no effect: "));
  }

  @Test
  void schedulerAndCostModelHeedIt() throws IOException {
    file("block/vda/queue/scheduler", "none mq-deadline kyber [bfq] \n");
    assertThat(BlockIoWeight.note(sys)).isEmpty();
    file("block/vda/queue/scheduler", "[none] bfq \n");
    file("fs/cgroup/io.cost.qos", "8:0 enable=1 ctrl=auto\n");
    assertThat(BlockIoWeight.note(sys)).isEmpty();
  }
}
