package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What runs beside a step must end with the executor, even if that is killed. */
@Timeout(60)
class TetherTest {
  @TempDir Path dir;

  private Process start(String... program) throws IOException {
    List<String> command = new ArrayList<>(List.of(LauncherBinary.locate().toString(), "tether"));
    command.addAll(List.of(program));
    return new ProcessBuilder(command).start();
  }

  private ProcessHandle begun(Process tether) throws IOException {
    assertThat(tether.inputReader().readLine()).isEqualTo("begun");
    return tether.children().findFirst().orElseThrow();
  }

  private static final String STUBBORN = "trap '' TERM INT HUP PIPE; echo begun; exec sleep 1000";

  @Test
  void programEndsWhenNobodyHoldsItsOutputAnyMore() throws Exception {
    Process tether = start("/bin/sh", "-c", STUBBORN);
    ProcessHandle program = begun(tether);
    tether.getInputStream().close(); // as the kernel does for a killed process
    assertThat(tether.waitFor()).isNotZero();
    assertThat(program.isAlive()).isFalse();
  }

  @Test
  void programEndsWhenItIsTold() throws Exception {
    Process tether = start("/bin/sh", "-c", STUBBORN);
    ProcessHandle program = begun(tether);
    tether.destroy();
    tether.waitFor();
    assertThat(program.isAlive()).isFalse();
  }

  @Test
  void endOfTheProgramIsTheEnd() throws Exception {
    Path input = Files.writeString(dir.resolve("in"), "what it reads\n");
    Process tether =
        new ProcessBuilder(LauncherBinary.locate().toString(), "tether", "/bin/cat")
            .redirectInput(input.toFile())
            .start();
    assertThat(tether.inputReader().readLine()).isEqualTo("what it reads");
    assertThat(tether.waitFor()).isZero();
    assertThat(start("/no/such/program").waitFor()).isNotZero();
  }
}
