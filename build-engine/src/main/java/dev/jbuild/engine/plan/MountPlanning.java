package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.ast.MountFlag;
import dev.jbuild.dockerfile.ast.RunInstruction;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.RunMount;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.graph.Mount;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Vertex;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns the mounts of a RUN into what its operation and its vertex need.
 *
 * <p>Files of a build context become a layer of their own first, as a COPY would make it: so a step
 * sees neither what .dockerignore leaves out nor the owners of this machine, cannot write to the
 * context, and is keyed by just the files it is shown.
 */
final class MountPlanning {
  private final Planner planner;
  private final Stage stage;
  private final WordExpander expander;
  private final Diagnostics diagnostics;

  MountPlanning(Planner planner, Stage stage, WordExpander expander, Diagnostics diagnostics) {
    this.planner = planner;
    this.stage = stage;
    this.expander = expander;
    this.diagnostics = diagnostics;
  }

  /**
   * The mounts in the order in which they must be made, outer ones first.
   *
   * @param inputs of the vertex after its root file system; the mounts' indexes count from 1
   */
  record Planned(List<Mount> mounts, List<Vertex> inputs) {}

  Planned plan(RunInstruction run, StageState state) {
    List<Mount> mounts = new ArrayList<>();
    List<Vertex> inputs = new ArrayList<>();
    Map<String, Vertex> shown = new HashMap<>();
    int agents = 0;
    for (MountFlag flag : run.mounts()) {
      SourceSpan span = flag.value().span();
      RunMount mount = RunMount.resolve(flag, expander, state.scope);
      mounts.add(
          switch (mount) {
            case RunMount.Bind bind -> {
              inputs.add(source(flag, bind.from(), bind.source(), shown));
              yield new Mount.Bind(
                  inputs.size(),
                  clean(bind.source()),
                  target(bind.target(), "bind", state, span),
                  bind.readOnly());
            }
            case RunMount.Cache cache -> {
              String target = target(cache.target(), "cache", state, span);
              String id = cache.id();
              int index = 0;
              if (cache.from() != null) {
                inputs.add(source(flag, cache.from(), cache.source(), shown));
                index = inputs.size();
              }
              yield new Mount.Cache(
                  id == null || id.isEmpty() ? target : id,
                  target,
                  cache.sharing(),
                  index,
                  clean(cache.source()),
                  cache.readOnly(),
                  cache.mode(),
                  cache.uid(),
                  cache.gid());
            }
            case RunMount.Tmpfs tmpfs ->
                new Mount.Tmpfs(target(tmpfs.target(), "tmpfs", state, span), tmpfs.size());
            case RunMount.Secret secret -> secret(secret, state, span);
            case RunMount.Ssh ssh -> {
              String target = ssh.target();
              yield new Mount.Ssh(
                  ssh.id(),
                  target(
                      target == null ? "/run/buildkit/ssh_agent." + agents++ : target,
                      "ssh",
                      state,
                      span),
                  ssh.required(),
                  ssh.mode(),
                  id(ssh.uid(), span),
                  id(ssh.gid(), span));
            }
          });
    }
    mounts.sort(Comparator.comparing(Mount::target));
    return new Planned(mounts, inputs);
  }

  private Mount.Secret secret(RunMount.Secret secret, StageState state, SourceSpan span) {
    String target = secret.target();
    String path;
    if (target != null) {
      path = target(target, "secret", state, span);
    } else if (secret.env() != null) {
      path = "";
    } else {
      path = "/run/secrets/" + secret.id().substring(secret.id().lastIndexOf('/') + 1);
    }
    return new Mount.Secret(
        secret.id(),
        path,
        secret.env(),
        secret.required(),
        secret.mode(),
        id(secret.uid(), span),
        id(secret.gid(), span));
  }

  /** The kernel's ids go to 2^32-2, those of a step's files here to what Java's int counts. */
  private int id(long id, SourceSpan span) {
    if (id < 0 || id > Integer.MAX_VALUE) {
      throw diagnostics.error(span, "id " + id + " is out of range for this mount", null);
    }
    return (int) id;
  }

  private Vertex source(
      MountFlag flag, @Nullable String from, String path, Map<String, Vertex> shown) {
    SourceSpan span = flag.value().span();
    Vertex tree =
        from == null
            ? planner.context("context")
            : planner.copySource(new Word(from, span), () -> planner.graph().source(stage, flag));
    if (!(tree.op() instanceof Op.Context context)) {
      return tree;
    }
    return shown.computeIfAbsent(
        context.name() + ":" + clean(path), key -> contextFiles(tree, path, key, span));
  }

  private static Vertex contextFiles(Vertex context, String path, String key, SourceSpan span) {
    Op.Copy copy =
        new Op.Copy(
            List.of(new Op.Source.Pattern(clean(path))),
            clean(path),
            null,
            null,
            false,
            List.of(),
            false);
    Step step = new Step("mount/" + key, "load " + key + " for a mount", span);
    return new Vertex(copy, List.of(Vertex.scratch(), context), step, false);
  }

  private static String clean(String path) {
    return ContainerPath.resolve("/", path);
  }

  private String target(@Nullable String written, String type, StageState state, SourceSpan span) {
    if (written == null || written.isEmpty()) {
      throw diagnostics.error(
          span, "a mount of type " + type + " needs a target", "add target=/path");
    }
    String target = ContainerPath.resolve(state.workingDirectory(), written);
    if (target.equals("/")) {
      throw diagnostics.error(span, "a mount cannot take the place of the root", null);
    }
    return target;
  }
}
