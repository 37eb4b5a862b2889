package dev.jbuild.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Kaniko's {@code --registry-certificate HOST=FILE} and {@code --registry-client-cert
 * HOST=CERT,KEY}, laid out as the {@code certs.d} folder that the registry client reads: what is
 * given for one host counts for that host alone. Files are linked to, so that no copy of a key is
 * made. A host that is named in a flag is not looked for in the machine's own folders.
 */
final class KanikoCertificates {
  private KanikoCertificates() {}

  /**
   * Makes the folder below a directory that outlives the build.
   *
   * @return empty if no flag asks for it
   */
  static Optional<Path> layOut(KanikoFlags flags, Supplier<Path> scratch) throws IOException {
    if (flags.certificates.isEmpty() && flags.clientCertificates.isEmpty()) {
      return Optional.empty();
    }
    Path all = Files.createDirectories(scratch.get().resolve("certs.d"));
    int number = 0;
    for (String text : flags.certificates) {
      String[] pair = pair("--registry-certificate", text, "HOST=FILE");
      Path file = file("--registry-certificate", pair[1]);
      Files.createSymbolicLink(host(all, pair[0]).resolve(number++ + ".crt"), file);
    }
    for (String text : flags.clientCertificates) {
      String flag = "--registry-client-cert";
      String[] pair = pair(flag, text, "HOST=CERT,KEY");
      String[] files = pair[1].split(",", -1);
      if (files.length != 2) {
        throw malformed(flag, text, "HOST=CERT,KEY");
      }
      Path host = host(all, pair[0]);
      Files.createSymbolicLink(host.resolve(number + ".cert"), file(flag, files[0]));
      Files.createSymbolicLink(host.resolve(number++ + ".key"), file(flag, files[1]));
    }
    return Optional.of(all);
  }

  private static String[] pair(String flag, String text, String form) {
    int equals = text.indexOf('=');
    if (equals <= 0 || text.lastIndexOf('/', equals) >= 0 || text.startsWith(".")) {
      throw malformed(flag, text, form);
    }
    return new String[] {text.substring(0, equals), text.substring(equals + 1)};
  }

  private static UsageError malformed(String flag, String text, String form) {
    return new UsageError(flag + " \"" + text + "\" is not " + form);
  }

  private static Path host(Path all, String host) throws IOException {
    return Files.createDirectories(all.resolve(host));
  }

  private static Path file(String flag, String name) {
    Path file = Path.of(name).toAbsolutePath();
    if (!Files.isReadable(file)) {
      throw new UsageError(flag + ": file \"" + name + "\" cannot be read");
    }
    return file;
  }
}
