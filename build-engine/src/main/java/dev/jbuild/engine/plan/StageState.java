package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.expand.PersistentMap;
import dev.jbuild.dockerfile.expand.StageScope;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.oci.History;
import dev.jbuild.oci.Platform;
import dev.jbuild.oci.RuntimeConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A stage while its instructions are carried out one after the other; complete, it is what another
 * stage's FROM starts with. Used by one thread at a time.
 */
final class StageState {
  /** Of the whole stage, as it is after the last instruction so far. */
  Vertex rootfs;

  StageScope scope;

  /**
   * Without variables that the stage sets, labels, ports, volumes and triggers: each change of the
   * record copies all of it, and there may be a line for each of tens of thousands of them. {@link
   * #completeConfig} has them.
   */
  RuntimeConfig config;

  PersistentMap<String> labels = PersistentMap.empty();
  PersistentMap<Boolean> exposedPorts = PersistentMap.empty();
  PersistentMap<Boolean> volumes = PersistentMap.empty();
  final List<String> onBuild = new ArrayList<>();

  /** Whether the variables of the config are those of the scope; else those of the base image. */
  boolean ownEnv;

  Platform platform;
  String author;
  final List<History> history;

  /** How many entries of the history are a base image's, which keeps them as they are. */
  final int inherited;

  /** Whether CMD was given in this very stage: then ENTRYPOINT leaves it alone. */
  boolean ownCmd;

  private StageState(
      Vertex rootfs,
      StageScope scope,
      RuntimeConfig config,
      Platform platform,
      String author,
      List<History> history,
      int inherited) {
    this.rootfs = rootfs;
    this.scope = scope;
    this.config = config;
    this.platform = platform;
    this.author = author;
    this.history = new ArrayList<>(history);
    this.inherited = inherited;
  }

  /**
   * The beginning of a stage that is FROM an image. Its triggers are not those of the stage.
   *
   * @param config the image's
   */
  static StageState of(
      Vertex rootfs,
      StageScope scope,
      RuntimeConfig config,
      Platform platform,
      String author,
      List<History> history) {
    RuntimeConfig small =
        config
            .withLabels(Map.of())
            .withExposedPorts(Set.of())
            .withVolumes(Set.of())
            .withOnBuild(List.of());
    StageState state =
        new StageState(rootfs, scope, small, platform, author, history, history.size());
    config.labels().forEach((key, value) -> state.labels = state.labels.with(key, value));
    config.exposedPorts().forEach(port -> state.exposedPorts = state.exposedPorts.with(port, true));
    config.volumes().forEach(path -> state.volumes = state.volumes.with(path, true));
    return state;
  }

  /**
   * A stage that is FROM this one starts with all of it (BuildKit: dispatchState init) but the
   * triggers, which it carries out.
   */
  StageState child() {
    StageState child = new StageState(rootfs, scope, config, platform, author, history, inherited);
    child.labels = labels;
    child.exposedPorts = exposedPorts;
    child.volumes = volumes;
    child.ownEnv = ownEnv;
    return child;
  }

  /** The image config as it is after the last instruction so far; costs its size. */
  RuntimeConfig completeConfig() {
    RuntimeConfig complete =
        config
            .withLabels(labels.toMap())
            .withExposedPorts(exposedPorts.toMap().keySet())
            .withVolumes(volumes.toMap().keySet())
            .withOnBuild(onBuild);
    if (!ownEnv) {
      return complete;
    }
    List<String> env = new ArrayList<>();
    scope.env().forEach((name, value) -> env.add(name + "=" + value));
    return complete.withEnv(env);
  }

  /** The directory that relative paths mean. */
  String workingDirectory() {
    return config.workingDir().isEmpty() ? "/" : config.workingDir();
  }
}
