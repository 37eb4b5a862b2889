package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * The {@code hosts} and {@code resolv.conf} that every step gets, bound read-only, never part of a
 * layer.
 */
public final class NetworkFiles {

  private static final String SYSTEMD_STUB = "127.0.0.53";

  private NetworkFiles() {}

  /**
   * {@code /etc/hosts}: localhost with the step's own name, then the extra hosts in order.
   *
   * @param extraHosts all of them, as BuildKit has it, also several of one name
   */
  public static FileMount hosts(String hostname, List<ExtraHost> extraHosts) {
    StringBuilder text =
        new StringBuilder()
            .append("127.0.0.1\tlocalhost ")
            .append(hostname)
            .append("\n::1\tlocalhost ip6-localhost ip6-loopback\n");
    extraHosts.forEach(
        host -> text.append(host.address()).append('\t').append(host.name()).append('\n'));
    return FileMount.readOnly("/etc/hosts", text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** {@code /etc/resolv.conf} made from the executor's own. */
  public static FileMount resolvConf(NetworkMode mode) {
    return resolvConf(
        mode, Path.of("/etc/resolv.conf"), Path.of("/run/systemd/resolve/resolv.conf"));
  }

  /**
   * {@code /etc/resolv.conf} made from files. Where systemd's stub is the only server, its real
   * list is taken, since it holds in every network. A step with a network of its own cannot reach a
   * server on the executor's loopback: those lines go, and public servers stand in if none is left.
   */
  static FileMount resolvConf(NetworkMode mode, Path file, Path systemd) {
    List<String> lines = read(file);
    List<String> servers = servers(lines);
    if (servers.size() == 1 && servers.getFirst().equals(SYSTEMD_STUB) && Files.exists(systemd)) {
      lines = read(systemd);
    }
    if (mode == NetworkMode.PRIVATE) {
      lines = lines.stream().filter(line -> !isLoopbackServer(line)).toList();
    }
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    if (servers(lines).isEmpty() && mode != NetworkMode.NONE) {
      text.append("nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
      text.append("nameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844\n");
    }
    return FileMount.readOnly(
        "/etc/resolv.conf", text.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  private static List<String> read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1).lines().toList();
    } catch (NoSuchFileException _) {
      return List.of();
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, file + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<String> servers(List<String> lines) {
    return lines.stream()
        .map(line -> line.strip().split("\\s+"))
        .filter(words -> words.length > 1 && words[0].equals("nameserver"))
        .map(words -> words[1])
        .toList();
  }

  private static boolean isLoopbackServer(String line) {
    List<String> servers = servers(List.of(line));
    if (servers.isEmpty()) {
      return false;
    }
    String literal = servers.getFirst();
    int zone = literal.indexOf('%');
    try {
      return InetAddress.ofLiteral(zone < 0 ? literal : literal.substring(0, zone))
          .isLoopbackAddress();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }
}
