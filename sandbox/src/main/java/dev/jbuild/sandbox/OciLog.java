package dev.jbuild.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What an OCI runtime itself has to say: the file of its {@code --log}.
 *
 * @param file need not be there
 */
record OciLog(Path file) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The log of the runtime that was given a bundle. */
  static OciLog of(Path bundle) {
    return new OciLog(bundle.resolve("log"));
  }

  /**
   * The last error: a line of JSON with "level" and "msg", as runc, crun, runsc and Kata write it.
   *
   * @return "" where nothing was wrong with the runtime
   */
  String complaint() {
    String last = "";
    try {
      if (!Files.exists(file) || Files.size(file) == 0) {
        return "";
      }
      for (String line : Files.readAllLines(file)) {
        if (!line.startsWith("{")) {
          last = line.contains("error") ? line : last; // of a runtime that knows no JSON
          continue;
        }
        JsonNode entry = JSON.readTree(line);
        if (entry.path("level").asText().equals("error")
            || entry.path("level").asText().equals("fatal")) {
          last = entry.path("msg").asText();
        }
      }
    } catch (IOException _) {
      // Not readable yet, or no more.
    }
    return last;
  }

  /**
   * A step's output without the error, which runtimes write there too once it is in their log: it
   * is told as the step's result.
   */
  OutputSink without(OutputSink output) {
    return (stream, chunk) -> {
      int left = chunk.remaining();
      if (stream == OutputSink.Stream.STDERR) {
        byte[] error = (complaint() + "\n").getBytes(StandardCharsets.UTF_8);
        int start = left - error.length;
        if (error.length > 1
            && start >= 0
            && chunk.slice(chunk.position() + start, error.length).equals(ByteBuffer.wrap(error))) {
          left = start;
        }
      }
      if (left > 0) {
        output.write(stream, chunk.slice(chunk.position(), left));
      }
    };
  }
}
