package dev.jbuild.oci;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a container of an image starts: the {@code config} object of an image config, with Docker's
 * additions (Healthcheck, OnBuild, Shell). Empty means absent, and is not written.
 *
 * @param exposedPorts as {@code "80/tcp"}
 * @param env as {@code "NAME=value"}, in order
 * @param healthcheck null if there is none
 */
public record RuntimeConfig(
    String user,
    SortedSet<String> exposedPorts,
    List<String> env,
    List<String> entrypoint,
    List<String> cmd,
    SortedSet<String> volumes,
    String workingDir,
    SortedMap<String, String> labels,
    String stopSignal,
    boolean argsEscaped,
    @Nullable Healthcheck healthcheck,
    List<String> onBuild,
    List<String> shell) {

  /** Nothing set. */
  public static final RuntimeConfig EMPTY =
      new RuntimeConfig(
          "",
          Collections.emptySortedSet(),
          List.of(),
          List.of(),
          List.of(),
          Collections.emptySortedSet(),
          "",
          Collections.emptySortedMap(),
          "",
          false,
          null,
          List.of(),
          List.of());

  public RuntimeConfig {
    exposedPorts = Collections.unmodifiableSortedSet(new TreeSet<>(exposedPorts));
    env = List.copyOf(env);
    entrypoint = List.copyOf(entrypoint);
    cmd = List.copyOf(cmd);
    volumes = Collections.unmodifiableSortedSet(new TreeSet<>(volumes));
    labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    onBuild = List.copyOf(onBuild);
    shell = List.copyOf(shell);
  }

  /** The value of an environment variable; the last one of that name counts. */
  public Optional<String> env(String name) {
    String prefix = name + "=";
    return env.stream()
        .filter(entry -> entry.startsWith(prefix))
        .reduce((first, last) -> last)
        .map(entry -> entry.substring(prefix.length()));
  }

  /** With the variable set: in its old place if there was one, else at the end. */
  public RuntimeConfig withEnv(String name, String value) {
    List<String> changed = new ArrayList<>(env);
    String prefix = name + "=";
    boolean found = false;
    for (int i = 0; i < changed.size(); i++) {
      if (changed.get(i).startsWith(prefix)) {
        changed.set(i, prefix + value);
        found = true;
      }
    }
    if (!found) {
      changed.add(prefix + value);
    }
    return withEnv(changed);
  }

  public RuntimeConfig withEnv(List<String> other) {
    return with(draft -> draft.env = other);
  }

  public RuntimeConfig withUser(String other) {
    return with(draft -> draft.user = other);
  }

  public RuntimeConfig withExposedPorts(Set<String> other) {
    return with(draft -> draft.exposedPorts = new TreeSet<>(other));
  }

  public RuntimeConfig withEntrypoint(List<String> other) {
    return with(draft -> draft.entrypoint = other);
  }

  public RuntimeConfig withCmd(List<String> other) {
    return with(draft -> draft.cmd = other);
  }

  public RuntimeConfig withVolumes(Set<String> other) {
    return with(draft -> draft.volumes = new TreeSet<>(other));
  }

  public RuntimeConfig withWorkingDir(String other) {
    return with(draft -> draft.workingDir = other);
  }

  public RuntimeConfig withLabels(Map<String, String> other) {
    return with(draft -> draft.labels = new TreeMap<>(other));
  }

  public RuntimeConfig withStopSignal(String other) {
    return with(draft -> draft.stopSignal = other);
  }

  public RuntimeConfig withArgsEscaped(boolean other) {
    return with(draft -> draft.argsEscaped = other);
  }

  public RuntimeConfig withHealthcheck(@Nullable Healthcheck other) {
    return with(draft -> draft.healthcheck = other);
  }

  public RuntimeConfig withOnBuild(List<String> other) {
    return with(draft -> draft.onBuild = other);
  }

  public RuntimeConfig withShell(List<String> other) {
    return with(draft -> draft.shell = other);
  }

  private RuntimeConfig with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finish();
  }

  /** One in the making: what a change does not name stays as it is. */
  private static final class Draft {
    String user;
    SortedSet<String> exposedPorts;
    List<String> env;
    List<String> entrypoint;
    List<String> cmd;
    SortedSet<String> volumes;
    String workingDir;
    SortedMap<String, String> labels;
    String stopSignal;
    boolean argsEscaped;
    @Nullable Healthcheck healthcheck;
    List<String> onBuild;
    List<String> shell;

    Draft(RuntimeConfig from) {
      user = from.user;
      exposedPorts = from.exposedPorts;
      env = from.env;
      entrypoint = from.entrypoint;
      cmd = from.cmd;
      volumes = from.volumes;
      workingDir = from.workingDir;
      labels = from.labels;
      stopSignal = from.stopSignal;
      argsEscaped = from.argsEscaped;
      healthcheck = from.healthcheck;
      onBuild = from.onBuild;
      shell = from.shell;
    }

    RuntimeConfig finish() {
      return new RuntimeConfig(
          user,
          exposedPorts,
          env,
          entrypoint,
          cmd,
          volumes,
          workingDir,
          labels,
          stopSignal,
          argsEscaped,
          healthcheck,
          onBuild,
          shell);
    }
  }
}
