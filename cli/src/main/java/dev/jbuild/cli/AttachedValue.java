package dev.jbuild.cli;

import java.util.Map;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/**
 * For a flag whose value, if it has one, is attached by {@code =}: the next word is not its own.
 */
final class AttachedValue implements IParameterPreprocessor {
  // Stack is in the interface's signature.
  @Override
  public boolean preprocess(
      Stack<String> args, CommandSpec command, ArgSpec flag, Map<String, Object> info) {
    if (" ".equals(info.get("separator"))) {
      args.push("");
    }
    return false;
  }
}
