package dev.jbuild.dockerfile.outline;

import dev.jbuild.dockerfile.ast.AddInstruction;
import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.CopySource;
import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.EnvInstruction;
import dev.jbuild.dockerfile.ast.ExposeInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.KeyValue;
import dev.jbuild.dockerfile.ast.LabelInstruction;
import dev.jbuild.dockerfile.ast.MountFlag;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.RunInstruction;
import dev.jbuild.dockerfile.ast.StopsignalInstruction;
import dev.jbuild.dockerfile.ast.UserInstruction;
import dev.jbuild.dockerfile.ast.VolumeInstruction;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.ast.WorkdirInstruction;
import dev.jbuild.dockerfile.expand.FileModes;
import dev.jbuild.dockerfile.expand.PortSpec;
import dev.jbuild.dockerfile.expand.RunMount;
import dev.jbuild.dockerfile.expand.Signals;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@link BuildErrors} within one stage, instruction after instruction. */
final class InstructionErrors {
  private final Values values;
  private final Set<Diagnostic> errors;

  InstructionErrors(Values values, Set<Diagnostic> errors) {
    this.values = values;
    this.errors = errors;
  }

  void look(Instruction instruction) {
    switch (instruction) {
      case ArgInstruction arg -> values.step(arg, errors);
      case EnvInstruction env -> values.step(env, errors);
      case LabelInstruction label -> {
        for (KeyValue pair : label.pairs()) {
          values.expand(pair.key(), errors);
          values.expand(pair.value(), errors);
        }
      }
      case AddInstruction add -> {
        copy(add.sources(), add.destination(), add.chown(), add.chmod(), false);
        optional(add.checksum());
      }
      case CopyInstruction copy ->
          copy(copy.sources(), copy.destination(), copy.chown(), copy.chmod(), copy.from() == null);
      case ExposeInstruction expose -> expose.ports().forEach(this::port);
      case StopsignalInstruction stopsignal -> signal(stopsignal.signal());
      case UserInstruction user -> values.expand(user.user(), errors);
      case VolumeInstruction volume -> volume.paths().forEach(this::volume);
      case WorkdirInstruction workdir -> values.expand(workdir.path(), errors);
      case RunInstruction run -> {
        for (MountFlag mount : run.mounts()) {
          values.resolve(mount, errors).ifPresent(resolved -> target(mount.value(), resolved));
        }
      }
      default -> {
        // Nothing in the others expands.
      }
    }
  }

  private void target(Word written, RunMount mount) {
    if ("/".equals(mount.target())) {
      error(written, "a mount cannot take the place of the root", null);
    }
  }

  private void optional(@Nullable Word word) {
    if (word != null) {
      values.expand(word, errors);
    }
  }

  private void copy(
      List<CopySource> sources,
      Word destination,
      @Nullable Word chown,
      @Nullable Word chmod,
      boolean ofContext) {
    for (CopySource source : sources) {
      switch (source) {
        case CopySource.Inline inline -> values.expand(inline.heredoc(), errors);
        case CopySource.Path path -> {
          String text =
              values.expand(path.path(), errors).map(expansion -> expansion.text()).orElse("");
          if (ofContext && (text.startsWith("http://") || text.startsWith("https://"))) {
            error(
                path.path(),
                "COPY takes files of the context only",
                "use ADD for " + Quoted.of(text));
          }
        }
      }
    }
    values.expand(destination, errors);
    optional(chown);
    if (chmod != null) {
      values
          .expand(chmod, errors)
          .map(expansion -> expansion.text())
          .filter(mode -> !mode.isEmpty() && !FileModes.isValid(mode))
          .ifPresent(mode ->
              error(
                  chmod,
                  Quoted.of(mode) + " is not a mode",
                  "write an octal number up to 07777, or changes such as u+x,go-w"));
    }
  }

  private void port(Word port) {
    values
        .expand(port, errors)
        .ifPresent(expansion -> {
          for (String spec : expansion.words()) {
            try {
              PortSpec.parse(spec);
            } catch (IllegalArgumentException e) {
              error(port, String.valueOf(e.getMessage()), null);
            }
          }
        });
  }

  private void signal(Word signal) {
    values
        .expand(signal, errors)
        .map(expansion -> expansion.text())
        .filter(text -> !Signals.isValid(text))
        .ifPresent(text -> error(signal, Quoted.of(text) + " is not a signal", Signals.hint(text)));
  }

  private void volume(Word path) {
    values
        .expand(path, errors)
        .filter(expansion -> expansion.text().isBlank())
        .ifPresent(expansion -> error(path, "a volume's path is empty once expanded", null));
  }

  private void error(Word word, String message, @Nullable String hint) {
    errors.add(Diagnostic.error(word.span(), message, hint));
  }
}
