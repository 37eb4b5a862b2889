package dev.jbuild.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The training run for the AOT cache: the commands people start most, one after the other in one
 * process, so that the classes of all of them are in the cache. Needs no privilege and no network.
 */
final class AotTraining {
  private final Path work;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  private AotTraining(Path work) {
    this.work = work;
  }

  /** Runs the training; {@code args} is a directory to work in. */
  public static void main(String[] args) throws IOException {
    AotTraining training = new AotTraining(Path.of(args[0]));
    training.run();
    // what a trained command printed goes to the build's log, in case it matters
    System.out.print(training.output.toString(StandardCharsets.UTF_8));
  }

  private void run() throws IOException {
    Path context = Files.createDirectories(work.resolve("context"));
    Files.writeString(context.resolve("file"), "content\n");
    Files.writeString(
        context.resolve("Dockerfile"),
        """
        # syntax=docker/dockerfile:1
        ARG BASE=scratch
        FROM ${BASE} AS first
        COPY --chmod=644 file /file
        COPY <<EOF /text
        of a heredoc
        EOF
        FROM scratch
        ENV A=1 B="two words"
        WORKDIR /job
        COPY --from=first /file /text ./
        LABEL a=b
        USER 1000:1000
        EXPOSE 80/tcp
        ENTRYPOINT ["/job/file"]
        CMD ["x"]
        """);
    Files.writeString(context.resolve("Broken"), "FROM scratch\nRUN --mout=type=cache true\n");
    String archive = "type=oci,dest=" + work.resolve("image.tar");
    command("--version");
    command("--help");
    command("build", "--help");
    command("build", "--no-such-flag", ".");
    command("parse", context.resolve("Dockerfile").toString());
    command("build", "-t", "training", context.toString());
    command("build", "-t", "training", "-o", archive, "-o", "type=image", context.toString());
    command("build", "--progress", "rawjson", "-q", context.toString());
    command("build", "-f", context.resolve("Broken").toString(), context.toString());
    command("images");
    command("inspect", "training");
    command("history", "training");
    command("rmi", "training");
  }

  private void command(String... args) {
    Map<String, String> env = new HashMap<>(System.getenv());
    env.put("JBUILD_ROOT", work.resolve("store").toString());
    PrintStream stream = new PrintStream(output, true, StandardCharsets.UTF_8);
    Console console =
        new Console(stream, stream, new ByteArrayInputStream(new byte[0]), env, _ -> false);
    int code = new Jbuild(console).run(args);
    stream.println("# jbuild " + String.join(" ", args) + ": " + code);
  }
}
