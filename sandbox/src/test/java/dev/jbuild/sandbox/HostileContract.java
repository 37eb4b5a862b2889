package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jbuild.failure.BuildFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Steps that try to get out, in every tier and launcher. Here are those that go for other steps,
 * for what the executor serves, and for the launcher.
 */
abstract class HostileContract extends HostileLinks {

  @Test
  void interpreterOfAScriptCannotBeTheLauncherThatIsThenOverwritten() throws IOException {
    // CVE-2019-5736: the program of the step is the launcher's own, seen from inside.
    Path launcher = LauncherBinary.locate();
    byte[] before = Files.readAllBytes(launcher);
    Path script = rig.lower.resolve("evil");
    Files.writeString(script, "#!/proc/self/exe userns /bin/sh\n");
    script.toFile().setExecutable(true, false);
    rig.run(rig.request("/evil").build());
    Rig.Run run =
        rig.sh("for p in 1 self $$ $PPID; do attack write-exe /proc/$p/exe; done; echo tried");
    assertThat(run.text()).endsWith("tried\n");
    assertThat(Files.readAllBytes(launcher)).isEqualTo(before);
  }

  @Test
  void secretAndCacheOfAnotherStepAreOutOfReach() throws Exception {
    Path cache = Files.createDirectory(dir.resolve("others-cache"));
    Files.writeString(cache.resolve("key"), "other-steps-secret");
    byte[] secret = "other-steps-secret".getBytes(StandardCharsets.UTF_8);
    Rig other = rig(Files.createDirectory(dir.resolve("other")));
    CountDownLatch running = new CountDownLatch(1);
    StepRequest holder =
        other
            .request(
                "/bin/sh",
                "-c",
                "export TOKEN=$(cat /run/secrets/key /cache/key); echo up; sleep 1000")
            .mount(RuntimeSpec.Mount.bind(cache.toString(), "/cache", false))
            .file(new FileMount("/run/secrets/key", secret, 0400, 0, 0, true))
            .build();
    try (RunningStep step = other.launcher.start(holder, (_, _) -> running.countDown())) {
      assertThat(running.await(120, TimeUnit.SECONDS)).isTrue();
      Rig.Run run =
          rig.sh(
              "for p in $(seq 1 20) $(seq "
                  + (ProcessHandle.current().pid() - 5)
                  + " "
                  + (ProcessHandle.current().pid() + 400)
                  + "); do cat /proc/$p/root/run/secrets/key /proc/$p/root/cache/key"
                  + " /proc/$p/environ; done 2>/dev/null; cat /run/secrets/key /cache/key "
                  + cache.resolve("key")
                  + " ../../../.."
                  + cache.resolve("key")
                  + "; echo tried");
      assertThat(run.text()).endsWith("tried\n").doesNotContain("other-steps-secret");
      step.kill();
    }
  }

  @Test
  void readOnlySourceCannotBeWritten() throws Exception {
    Path source = Files.createDirectory(dir.resolve("source"));
    Files.writeString(source.resolve("file"), "kept");
    Rig.Run run =
        rig.sh(
            "echo x > /src/file; rm -f /src/file; echo y > /src/new; mount -o remount,rw /src;"
                + " chmod 777 /src; echo tried",
            b -> b.mount(RuntimeSpec.Mount.bind(source.toString(), "/src", true)));
    assertThat(run.text()).isEqualTo("tried\n");
    assertThat(source.resolve("file")).hasContent("kept");
    assertThat(source.resolve("new")).doesNotExist();
  }

  @Test
  void rootOfAnotherStepLeadsNowhere() throws Exception {
    Path secret = Files.writeString(dir.resolve("secret"), "of the host");
    String name = "jbuild-test-" + System.nanoTime();
    Rig other = rig(Files.createDirectory(dir.resolve("other"))).withAttack();
    CountDownLatch waiting = new CountDownLatch(1);
    try (RunningStep step =
        other.launcher.start(
            other.request("/bin/attack", "give-root", name).build(),
            (_, _) -> waiting.countDown())) {
      assertThat(waiting.await(120, TimeUnit.SECONDS)).isTrue();
      Rig.Run run = rig.sh("attack take-root " + name + " " + secret + "; echo tried");
      assertThat(run.text()).endsWith("tried\n").doesNotContain("REACHED");
      step.kill();
    }
  }

  @Test
  void abstractSocketsOfTheExecutorAreOutOfReach() throws Exception {
    Process service = attackOutside("serve-abstract", "jbuild-test-" + System.nanoTime());
    try (BufferedReader out = service.inputReader()) {
      assertThat(out.readLine()).isEqualTo("waiting");
      assumeTrue(landlock() >= 6, "this kernel has no scopes of Landlock (Linux 6.12)");
      String name = service.info().arguments().orElseThrow()[1];
      // The control: outside a step it is reached.
      assertThat(outputOf(attackOutside("use-abstract", name))).doesNotContain("refused");
      assertThat(rig.sh("attack use-abstract " + name).lines())
          .containsExactly(
              "refused abstract stream: EPERM",
              "refused abstract datagram: EPERM",
              "refused abstract connection: EPERM");
    } finally {
      service.destroyForcibly();
    }
  }

  @Test
  void abstractSocketsOfTheStepsOwnWork() {
    assertThat(rig.sh("attack own-abstract").text()).isEqualTo("talked\n");
  }

  @Test
  void loopbackServicesAreOutOfReachWithoutANetwork() throws Exception {
    if (!rig.mounts) { // tier C has the network of the executor's container, and says so
      assertThatThrownBy(() -> rig.sh("true", b -> b.network(NetworkMode.NONE)))
          .isInstanceOf(BuildFailure.class)
          .hasMessageContaining("needs a namespace");
      return;
    }
    try (ServerSocket service = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Rig.Run run =
          rig.sh(
              "nc -w 1 127.0.0.1 "
                  + service.getLocalPort()
                  + " </dev/null && echo REACHED; echo tried",
              b -> b.network(NetworkMode.NONE));
      assertThat(run.text()).isEqualTo("tried\n");
    }
  }
}
