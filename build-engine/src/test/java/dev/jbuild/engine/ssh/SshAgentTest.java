package dev.jbuild.engine.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.math.BigInteger;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Key files of a real ssh-keygen, and what a real OpenSSH client makes of the agent. */
final class SshAgentTest {
  @TempDir Path folder;

  private record Ended(int code, String output) {}

  @BeforeEach
  void clientsAreThere() {
    for (String program : List.of("ssh-keygen", "ssh-add", "ssh-agent")) {
      Assumptions.assumeTrue(
          Files.isExecutable(Path.of("/usr/bin", program)),
          "there is no " + program + " (Debian: openssh-client)");
    }
  }

  private Ended run(List<String> command) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
      builder.environment().put("SSH_AUTH_SOCK", folder.resolve("s").toString());
      builder.environment().remove("SSH_ASKPASS");
      builder.redirectInput(Path.of("/dev/null").toFile()).redirectErrorStream(true);
      Process process = builder.start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Ended(process.waitFor(), output);
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private String ok(String... command) {
    Ended ended = run(List.of(command));
    assertThat(ended.code()).as(String.join(" ", command) + "\n" + ended.output()).isZero();
    return ended.output();
  }

  private Path key(String name, String passphrase, String... how) {
    Path file = folder.resolve(name);
    List<String> command =
        new ArrayList<>(List.of("ssh-keygen", "-q", "-N", passphrase, "-C", "me@home", "-f"));
    command.add(file.toString());
    command.addAll(List.of(how));
    ok(command.toArray(String[]::new));
    return file;
  }

  private static SshAgent agent(Path... files) {
    return SshAgent.of(java.util.Arrays.stream(files).map(Path::toString).toList());
  }

  @ParameterizedTest
  @CsvSource({
    "ed25519,RFC4716,",
    "rsa,RFC4716,2048",
    "rsa,PEM,2048",
    "rsa,PKCS8,2048",
    "ecdsa,RFC4716,256",
    "ecdsa,RFC4716,384",
    "ecdsa,RFC4716,521",
    "ecdsa,PEM,256",
    "ecdsa,PKCS8,521",
  })
  void clientListsTheKeyAndItsSignatureIsGood(String type, String format, String bits)
      throws IOException {
    Path key =
        bits == null
            ? key("k", "", "-t", type, "-m", format)
            : key("k", "", "-t", type, "-m", format, "-b", bits);
    String fingerprint = ok("ssh-keygen", "-l", "-f", "k.pub").split(" ")[1];
    Files.writeString(folder.resolve("data"), "what is signed");
    try (AgentSocket _ = AgentSocket.open(folder.resolve("s"), agent(key))) {
      assertThat(ok("ssh-add", "-l")).contains(fingerprint).doesNotContain("me@home");
      Files.delete(key);
      ok("ssh-keygen", "-Y", "sign", "-U", "-f", "k.pub", "-n", "test", "data");
    }
    String check = ok("sh", "-c", "ssh-keygen -Y check-novalidate -n test -s data.sig < data 2>&1");
    assertThat(check).contains("Good \"test\" signature").contains(fingerprint);
  }

  @Test
  void pemOfTheJdkIsReadToo() throws Exception {
    String pem =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder()
                .encodeToString(
                    KeyPairGenerator.getInstance("Ed25519")
                        .generateKeyPair()
                        .getPrivate()
                        .getEncoded())
            + "\n-----END PRIVATE KEY-----\n";
    Path key = Files.writeString(folder.resolve("k"), pem);
    try (AgentSocket _ = AgentSocket.open(folder.resolve("s"), agent(key))) {
      Files.writeString(folder.resolve("k.pub"), ok("ssh-add", "-L"));
      Files.writeString(folder.resolve("data"), "x");
      ok("ssh-keygen", "-Y", "sign", "-U", "-f", "k.pub", "-n", "test", "data");
    }
    ok("sh", "-c", "ssh-keygen -Y check-novalidate -n test -s data.sig < data");
  }

  @Test
  void rsaSignsWithTheHashThatIsAskedFor() throws Exception {
    SshAgent.Keys agent = (SshAgent.Keys) agent(key("k", "", "-t", "rsa", "-b", "2048"));
    SshKey key = agent.keys().getFirst();
    for (String[] row :
        new String[][] {
          {"2", "rsa-sha2-256", "SHA256withRSA"},
          {"4", "rsa-sha2-512", "SHA512withRSA"},
          {"0", "ssh-rsa", "SHA1withRSA"}
        }) {
      byte[] answer = sign(agent, key, Integer.parseInt(row[0]));
      assertThat(answer[0]).isEqualTo((byte) 14);
      Wire.Reader in = new Wire.Reader(answer);
      in.take(1);
      Wire.Reader signature = new Wire.Reader(in.string());
      assertThat(signature.text()).isEqualTo(row[1]);
      assertThat(verify(row[2], key, signature.string())).isTrue();
    }
    assertThat(sign(agent, key, 6)).containsExactly(5);
  }

  private static byte[] sign(SshAgent.Keys agent, SshKey key, int flags) {
    byte[] data = "data".getBytes(StandardCharsets.UTF_8);
    return new KeyAgent(agent.keys())
        .answer(
            new Wire.Writer()
                .octet(13)
                .string(key.publicBlob())
                .string(data)
                .number(flags)
                .bytes());
  }

  private static boolean verify(String algorithm, SshKey key, byte[] signature)
      throws GeneralSecurityException {
    Wire.Reader blob = new Wire.Reader(key.publicBlob());
    blob.text();
    BigInteger e = blob.integer();
    Signature check = Signature.getInstance(algorithm);
    check.initVerify(
        KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(blob.integer(), e)));
    check.update("data".getBytes(StandardCharsets.UTF_8));
    return check.verify(signature);
  }

  @Test
  void keysAreNeitherAddedNorRemovedNorLocked() throws IOException {
    Path key = key("k", "", "-t", "ed25519");
    key("other", "", "-t", "ed25519");
    try (AgentSocket _ = AgentSocket.open(folder.resolve("s"), agent(key))) {
      assertRefusesChanges();
    }
  }

  private void assertRefusesChanges() {
    assertThat(run(List.of("ssh-add", "other")).code()).isNotZero();
    assertThat(run(List.of("ssh-add", "-D")).code()).isNotZero();
    assertThat(run(List.of("ssh-add", "-d", "k.pub")).code()).isNotZero();
    assertThat(ok("ssh-add", "-l").lines()).hasSize(1);
  }

  @Test
  void aRealAgentBehindIsListedAndNotChanged() throws Exception {
    Path key = key("k", "", "-t", "ed25519");
    key("other", "", "-t", "ed25519");
    Path real = folder.resolve("real");
    Process agent = new ProcessBuilder("ssh-agent", "-D", "-a", real.toString()).start();
    try {
      // Its first line tells that it listens.
      assertThat(agent.inputReader().readLine()).contains("SSH_AUTH_SOCK");
      ok("sh", "-c", "SSH_AUTH_SOCK=real ssh-add -q " + key);
      try (AgentSocket _ = AgentSocket.open(folder.resolve("s"), agent(real))) {
        assertRefusesChanges();
        Files.writeString(folder.resolve("data"), "x");
        ok("ssh-keygen", "-Y", "sign", "-U", "-f", "k.pub", "-n", "test", "data");
      }
    } finally {
      agent.destroy();
      agent.waitFor();
    }
  }

  @Test
  void whatCannotBeUsedIsToldWithoutAByteOfIt() throws IOException {
    Path locked = key("locked", "secret", "-t", "ed25519");
    Path old = key("old", "secret", "-t", "rsa", "-b", "2048", "-m", "PEM");
    Path eight = key("eight", "secret", "-t", "rsa", "-b", "2048", "-m", "PKCS8");
    for (Path each : List.of(locked, old, eight)) {
      assertThatThrownBy(() -> agent(each))
          .isInstanceOf(BuildFailure.class)
          .hasMessageContaining("\"" + each + "\" holds a private key that is protected by a");
    }
    Path good = key("k", "", "-t", "rsa", "-b", "2048");
    assertThatThrownBy(() -> agent(folder.resolve("k.pub")))
        .hasMessageContaining("is neither a private key nor a socket");
    String text = Files.readString(good);
    Path cut = Files.writeString(folder.resolve("cut"), text.replaceFirst("(?s)\n.{300}", "\n"));
    Path dsa =
        Files.writeString(
            folder.resolve("dsa"),
            "-----BEGIN DSA PRIVATE KEY-----\n-----END DSA PRIVATE KEY-----");
    assertThatThrownBy(() -> agent(cut)).hasMessageContaining("holds a damaged private key");
    assertThatThrownBy(() -> agent(dsa))
        .hasMessageContaining("a key of type \"DSA PRIVATE KEY\", which is not supported");
    assertThatThrownBy(() -> agent(folder.resolve("none")))
        .hasMessageContaining("there is no socket or key file");
    assertThatThrownBy(() -> agent(folder)).hasMessageContaining("is a directory");
    assertThat(agent(good)).hasToString("Keys[keys=[ssh-rsa]]");
  }

  @Test
  void severalKeysStandInTheOrderGiven() throws IOException {
    SshAgent both = agent(key("a", "", "-t", "ed25519"), key("b", "", "-t", "ecdsa"));
    try (AgentSocket _ = AgentSocket.open(folder.resolve("s"), both)) {
      assertThat(ok("ssh-add", "-L").lines().map(line -> line.split(" ")[0]))
          .containsExactly("ssh-ed25519", "ecdsa-sha2-nistp256");
    }
  }

  @Test
  void whoeverConnectsAndSaysNothingDoesNotTakeTheBuildersMemory() throws Exception {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
    byte[] list = {0, 0, 0, 1, 11};
    byte[] nothing = {0, 0, 0, 5, 12, 0, 0, 0, 0};
    List<SocketChannel> silent = new ArrayList<>();
    try (AgentSocket _ = AgentSocket.open(address.getPath(), new SshAgent.Keys(List.of()))) {
      for (int i = 0; i < AgentSocket.MOST; i++) {
        silent.add(SocketChannel.open(address));
      }
      try (SocketChannel next = SocketChannel.open(address);
          Selector selector = Selector.open()) {
        next.write(ByteBuffer.wrap(list));
        next.configureBlocking(false);
        next.register(selector, SelectionKey.OP_READ);
        assertThat(selector.select(200)).as("answers beyond the most").isZero();
        silent.removeFirst().close();
        assertThat(selector.select(30_000)).as("answers when one is gone").isEqualTo(1);
        ByteBuffer answer = ByteBuffer.allocate(nothing.length);
        next.read(answer);
        assertThat(answer.array()).isEqualTo(nothing);
      }
    } finally {
      for (SocketChannel each : silent) {
        each.close();
      }
    }
  }
}
