package dev.jbuild.engine.exec;

import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.dockerfile.parse.ParseResult;
import dev.jbuild.engine.BuildEngine;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.engine.CacheSource;
import dev.jbuild.engine.DockerfileInput;
import dev.jbuild.engine.EngineSettings;
import dev.jbuild.engine.cache.BuildNotes;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.BuildListener;
import dev.jbuild.engine.plan.Checks;
import dev.jbuild.engine.plan.Diagnostics;
import dev.jbuild.engine.solve.BuildScope;
import dev.jbuild.engine.solve.InFlight;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Builds in this process, over one store. */
public final class LocalBuildEngine implements BuildEngine {
  private final EngineSettings settings;
  private final InFlight inFlight = new InFlight();
  private final Set<Thread> builds = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  public LocalBuildEngine(EngineSettings settings) {
    this.settings = settings;
  }

  @Override
  public BuildResult build(BuildRequest request, BuildListener listener) {
    if (closed) {
      throw new BuildFailure(Kind.CANCELLED, "the engine is closed");
    }
    builds.add(Thread.currentThread());
    BuildNotes notes = new BuildNotes(request.tags());
    BuildListener all =
        event -> {
          notes.on(event);
          listener.on(event);
        };
    StepEvents events = new StepEvents(all, settings.clock());
    Instant begun = events.now();
    String what = request.tags().isEmpty() ? "build" : "build " + request.tags().getFirst();
    settings.store().keepCap();
    try {
      BuildResult result = run(what, request, events);
      events.send(new BuildEvent.Finished(events.now(), since(events, begun), result));
      return result;
    } catch (BuildFailure failure) {
      events.send(new BuildEvent.Failed(events.now(), since(events, begun), failure));
      throw failure;
    } finally {
      builds.remove(Thread.currentThread());
      keepCap();
      keep(notes);
    }
  }

  @Override
  public DockerfileInput read(BuildRequest request) {
    try (Store store = settings.store().fork("read a Dockerfile");
        RemoteSources remotes = new RemoteSources(settings, store, request);
        ContextFiles files = ContextFiles.prepare(request, store, remotes)) {
      ContextFiles.Root main = files.root(BuildContexts.MAIN);
      DockerfileText text = DockerfileText.read(request.dockerfile(), main);
      ParseResult parsed = DockerfileParser.parse(text.name(), text.bytes());
      try {
        Dockerfile tree = Checks.requireParsed(parsed, true, request, settings.host());
        IgnoreMatcher ignore = BuildContexts.ignore(BuildContexts.MAIN, main, text.ignore());
        return new DockerfileInput(tree, ignore);
      } catch (DockerfileException e) {
        throw new Diagnostics(SourceText.of(text.bytes())).of(e);
      }
    } catch (IOException e) {
      throw BuildScope.asFailure(e);
    }
  }

  /** What only the build held is free now. */
  private void keepCap() {
    try {
      settings.store().keepCap();
    } catch (BuildFailure e) {
      // The build is what counts; the next one, or the next write, meets the same and tells.
    }
  }

  private void keep(BuildNotes notes) {
    try {
      notes.save(settings.store().directory("cache").resolve("notes"));
    } catch (IOException e) {
      // Nothing but an explanation is lost; the build's own outcome is what the caller must hear.
    }
  }

  private BuildResult run(String what, BuildRequest request, StepEvents events) {
    SingleBuild[] build = new SingleBuild[1];
    try (Store store = settings.store().fork(what)) {
      return run(store, request, request.cacheFrom(), events, build);
    } catch (BuildFailure failure) {
      Optional<BuildFailure> lost = Optional.ofNullable(build[0]).flatMap(SingleBuild::lostImport);
      if (lost.isEmpty() || Thread.currentThread().isInterrupted()) {
        throw failure;
      }
      String message = "the build begins again without imported caches: " + lost.get().text();
      events.send(new BuildEvent.Warning(events.now(), message, null));
    }
    // A new handle, which knows nothing of the layers that were promised.
    try (Store store = settings.store().fork(what)) {
      return run(store, request, List.of(), events.again(), build);
    }
  }

  private BuildResult run(
      Store store,
      BuildRequest request,
      List<CacheSource> imports,
      StepEvents events,
      SingleBuild[] build) {
    BuildScope scope = new BuildScope(request.execution().parallel());
    // The scope is closed, and with it every thread and sandbox of the build is gone, before a
    // failure is told.
    try (scope) {
      build[0] = new SingleBuild(settings, store, request, imports, scope, events, inFlight);
      return build[0].run();
    } catch (RuntimeException | Error failure) {
      throw scope.cause(BuildScope.asFailure(failure));
    }
  }

  private static Duration since(StepEvents events, Instant begun) {
    return Duration.between(begun, events.now());
  }

  @Override
  public void close() {
    closed = true;
    builds.forEach(Thread::interrupt);
  }
}
