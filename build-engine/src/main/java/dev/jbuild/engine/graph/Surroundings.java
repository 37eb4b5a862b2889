package dev.jbuild.engine.graph;

import java.util.List;

/**
 * What a RUN at this place of a stage would see: for a shell after a step, whatever the step is.
 *
 * @param env {@code NAME=value}, in order
 * @param cwd absolute
 * @param user as USER has it; empty is root
 * @param shell as SHELL has it
 */
public record Surroundings(List<String> env, String cwd, String user, List<String> shell) {
  public Surroundings {
    env = List.copyOf(env);
    shell = List.copyOf(shell);
  }
}
