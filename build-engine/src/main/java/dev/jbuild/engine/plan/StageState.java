package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.expand.StageScope;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.oci.History;
import dev.jbuild.oci.Platform;
import dev.jbuild.oci.RuntimeConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * A stage while its instructions are carried out one after the other; complete, it is what another
 * stage's FROM starts with. Used by one thread at a time.
 */
final class StageState {
  /** Of the whole stage, as it is after the last instruction so far. */
  Vertex rootfs;

  StageScope scope;
  RuntimeConfig config;
  Platform platform;
  String author;
  final List<History> history;

  /** How many entries of the history are a base image's, which keeps them as they are. */
  final int inherited;

  /** Whether CMD was given in this very stage: then ENTRYPOINT leaves it alone. */
  boolean ownCmd;

  StageState(
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

  /** A stage that is FROM this one starts with all of it (BuildKit: dispatchState init). */
  StageState child() {
    return new StageState(rootfs, scope, config, platform, author, history, inherited);
  }

  /** The directory that relative paths mean. */
  String workingDirectory() {
    return config.workingDir().isEmpty() ? "/" : config.workingDir();
  }
}
