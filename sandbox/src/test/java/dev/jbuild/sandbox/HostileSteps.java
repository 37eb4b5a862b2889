package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the rows of {@link HostileRows}, and has what other attacks are made with. */
@Timeout(180)
abstract class HostileSteps {

  @TempDir Path dir;
  Rig rig;

  abstract Rig rig(Path folder);

  @BeforeEach
  void makeRig() {
    rig = rig(dir).withAttack();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("dev.jbuild.sandbox.HostileRows#rows")
  void attackFails(HostileRows.Row row) throws IOException {
    assumeTrue(
        !rig.initIsTheStep || !row.script().matches("(?s).*(/proc/1/|ptrace 1|vmread 1|getfd 1).*"),
        "pid 1 is the step itself");
    Path secret = Files.writeString(dir.resolve("secret"), "of the host");
    long executor = ProcessHandle.current().pid();
    // PPID of the shell is the step's pid 1, or in tier C a process of the launcher's.
    String script = row.script().replace("$SECRET", secret.toString());
    Path folder = Files.createTempDirectory("s"); // a path of a socket is short
    Path socket = folder.resolve("agent");
    Rig.Run run;
    try (ServerSocketChannel agent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      agent.bind(UnixDomainSocketAddress.of(socket));
      run =
          rig.sh(
              "EXECUTOR="
                  + executor
                  + "; "
                  + script.replace("$SOCKET", socket.toString())
                  + "\necho tried",
              b -> b.env(List.of("PATH=/bin")));
    } finally {
      Files.deleteIfExists(socket);
      Files.delete(folder);
    }
    assertThat(run.text()).as(row.name()).doesNotContain("REACHED").doesNotContain("of the host");
    if (!row.name().startsWith("kill")) {
      assertThat(run.text()).as("%s: %s", run.result(), run.errors()).endsWith("tried\n");
    }
    assertThat(ProcessHandle.current().isAlive()).isTrue();
  }

  /** The version of Landlock that the executor can use. */
  static int landlock() throws IOException {
    return Integer.parseInt(outputOf(attackOutside("landlock")).strip());
  }

  static Process attackOutside(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(Rig.attackProgram().toString()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).start();
  }

  static String outputOf(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void thereAreManyRows() {
    assertThat(HostileRows.rows().stream().map(HostileRows.Row::name))
        .hasSizeGreaterThan(60)
        .doesNotHaveDuplicates();
  }
}
