package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import java.util.List;

/** Parses Dockerfiles. Thread-safe: there is no state. */
public final class DockerfileParser {
  /** Larger files are refused: 16 MiB. */
  public static final int MAX_FILE_BYTES = 16 << 20;

  private DockerfileParser() {}

  /**
   * Parses a whole file. Time and memory are linear in its length.
   *
   * @param fileName as it should appear in messages
   * @param bytes the content; any bytes are accepted, and none lead to an exception
   */
  public static ParseResult parse(String fileName, byte[] bytes) {
    if (bytes.length > MAX_FILE_BYTES) {
      return ParseResult.failed(
          List.of(
              Diagnostic.error(
                  new SourceSpan(fileName, 1, 1, 1, 1),
                  "file is "
                      + bytes.length
                      + " bytes long, the limit is "
                      + MAX_FILE_BYTES
                      + " (16 MiB)",
                  "keep large data in files of the build context")),
          null);
    }
    return new FileParser(fileName, SourceText.of(bytes)).parse();
  }

  /**
   * Parses an ONBUILD trigger from the config of a base image. The escape character is a backslash.
   *
   * @param trigger one instruction, with its heredocs if it has any
   * @param from the span that instructions of the trigger take: that of the FROM which fires it
   * @throws DockerfileException positioned at {@code from} when it is not a valid trigger
   */
  public static Instruction parseTrigger(String trigger, SourceSpan from) {
    return FileParser.parseTrigger(trigger, from);
  }
}
