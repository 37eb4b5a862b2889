package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.CommandForm;
import dev.jbuild.dockerfile.ast.Flag;
import dev.jbuild.dockerfile.ast.InstructionLine;
import dev.jbuild.dockerfile.ast.MountFlag;
import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.RunInstruction;
import dev.jbuild.dockerfile.ast.Word;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Makes RUN. */
final class RunBuilder {
  private final Problems problems;
  private final Flags flags;

  RunBuilder(Problems problems, Flags flags) {
    this.problems = problems;
    this.flags = flags;
  }

  RunInstruction build(InstructionLine head, CommandForm command) {
    List<MountFlag> mounts =
        flags.list("mount").stream().map(value -> MountOptions.read(value, problems)).toList();
    return new RunInstruction(
        head,
        command,
        mounts,
        choice("network", RunInstruction.Network.values()),
        choice("security", RunInstruction.Security.values()),
        flags.list("device").stream().map(this::device).toList());
  }

  private <T extends Enum<T>> @Nullable T choice(String flag, T[] values) {
    List<String> names =
        Arrays.stream(values).map(value -> value.name().toLowerCase(Locale.ROOT)).toList();
    String modes = "modes are " + String.join(", ", names);
    Word word = flags.text(flag);
    if (word == null) {
      for (Flag written : flags.written()) {
        if (written.name().equals(flag) && written.value() != null) {
          problems.add(written.span(), flag + " mode is empty", modes);
        }
      }
      return null;
    }
    for (T value : values) {
      if (value.name().toLowerCase(Locale.ROOT).equals(word.text())) {
        return value;
      }
    }
    problems.add(
        word.span(),
        "unknown " + flag + " mode " + Quoted.of(word.text()),
        Nearest.hint(word.text(), names).orElse(modes));
    return null;
  }

  /** {@code name}, {@code name=..}, {@code required[=bool]} between commas. */
  private RunInstruction.Device device(DecodedText value) {
    String name = null;
    boolean required = false;
    for (String part : value.text().split(",", -1)) {
      int equals = part.indexOf('=');
      String key = equals < 0 ? part : part.substring(0, equals);
      if (key.equals("required")) {
        String flag = equals < 0 ? "true" : part.substring(equals + 1);
        if (!flag.equals("true") && !flag.equals("false")) {
          problems.add(
              value.span(),
              "option \"required\" of device is true or false, not " + Quoted.of(flag),
              "write required alone for true");
        }
        required = flag.equals("true");
      } else if (name == null && (key.equals("name") || equals < 0 || part.indexOf('/') >= 0)) {
        name = key.equals("name") ? part.substring(equals + 1) : part;
      } else {
        problems.add(
            value.span(),
            "unknown option " + Quoted.of(part) + " of device",
            "write --device=vendor.com/class=name,required");
      }
    }
    if (name == null || name.isEmpty()) {
      problems.add(value.span(), "device has no name", "write --device=vendor.com/class=name");
    }
    return new RunInstruction.Device(name == null ? "" : name, required, value.span());
  }
}
