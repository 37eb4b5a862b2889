package dev.jbuild.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Other tools, run by a shell. */
final class Peer {
  private Peer() {}

  /** Skips the test if a tool is not installed. */
  static void need(String tool) throws IOException, InterruptedException {
    Process which = new ProcessBuilder("bash", "-c", "command -v " + tool).start();
    Assumptions.assumeTrue(which.waitFor() == 0, tool + " is not installed");
  }

  static String run(Path directory, String script) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("bash", "-euc", script)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    int status = process.waitFor();
    if (status != 0) {
      throw new IOException("exit " + status + " of\n" + script + "\n" + output);
    }
    return output;
  }
}
