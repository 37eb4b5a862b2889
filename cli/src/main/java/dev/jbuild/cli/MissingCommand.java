package dev.jbuild.cli;

import dev.jbuild.failure.BuildFailure;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** A verb whose name is fixed and that has nothing behind it yet: it says so and fails. */
@Command
final class MissingCommand extends dev.jbuild.cli.Command {
  private final String what;

  @Unmatched List<String> ignored = new ArrayList<>();

  MissingCommand(String what) {
    this.what = what;
  }

  @Override
  int run(Session session) {
    throw new BuildFailure(BuildFailure.Kind.UNSUPPORTED, what + " is not supported yet");
  }
}
