package dev.jbuild.engine.image;

import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.registry.RepositoryName;
import dev.jbuild.registry.TransferEvent;
import dev.jbuild.registry.TransferEvent.Direction;
import dev.jbuild.registry.TransferListener;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Shows what moves between registries and the store as steps of a build: one for each repository
 * and direction, from the first blob under way to the last, with the bytes of each blob as its
 * progress. What is told of a blob is named by its whole digest. A retry, and a mirror that does
 * not serve, is a warning. Thread-safe.
 */
public final class TransferSteps implements TransferListener {
  /** A blob below this, such as a config, is shown only if it takes long. */
  private static final long SMALL = 1L << 20;

  private record Moving(Direction direction, @Nullable RepositoryName target, Digest blob) {
    /** What is pulled may come from several places; what is pushed may go to several. */
    static Moving of(Direction direction, RepositoryName repository, Descriptor blob) {
      return new Moving(direction, direction == Direction.PUSH ? repository : null, blob.digest());
    }
  }

  private static final class Group {
    final String name;
    final Step step;
    final Set<Moving> blobs = new HashSet<>();
    @Nullable BuildFailure failure;

    Group(String name, Step step) {
      this.name = name;
      this.step = step;
    }
  }

  private final StepEvents events;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Group> open = new HashMap<>();
  private final Map<Moving, Group> moving = new HashMap<>();
  private final Set<RepositoryName> failedMirrors = new HashSet<>();
  private int begun;

  /** Tells {@code events} what it hears. */
  public TransferSteps(StepEvents events) {
    this.events = events;
  }

  @Override
  public void on(TransferEvent event) {
    lock.lock();
    try {
      switch (event) {
        case TransferEvent.Started _ -> {
          // A push may find that the blob is there; it begins to move with its first bytes.
        }
        case TransferEvent.Progressed(
                Direction direction,
                RepositoryName repository,
                Descriptor blob,
                long done) ->
            progressed(direction, repository, blob, done);
        case TransferEvent.Finished(
                Direction direction,
                RepositoryName repository,
                Descriptor blob) -> {
          Group group = moving.get(Moving.of(direction, repository, blob));
          if (group != null) {
            events.progress(group.step, blob.digest().toString(), blob.size(), blob.size());
          }
          ended(Moving.of(direction, repository, blob));
        }
        case TransferEvent.Skipped skipped ->
            ended(Moving.of(skipped.direction(), skipped.repository(), skipped.blob()));
        case TransferEvent.Failed failed -> {
          Moving blob = Moving.of(failed.direction(), failed.repository(), failed.blob());
          Group group = moving.get(blob);
          if (group != null && group.failure == null) {
            group.failure = failed.failure();
          }
          ended(blob);
        }
        case TransferEvent.Retrying retrying -> warn(text(retrying));
        case TransferEvent.MirrorFailed(RepositoryName mirror, String cause) -> {
          if (failedMirrors.add(mirror)) {
            warn("mirror " + mirror + " does not serve: " + cause);
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void progressed(
      Direction direction, RepositoryName repository, Descriptor blob, long done) {
    Moving key = Moving.of(direction, repository, blob);
    Group group = moving.get(key);
    if (group == null) {
      if (blob.size() < SMALL && done == 0) {
        return;
      }
      group = open.computeIfAbsent(name(direction, repository), this::begin);
      group.blobs.add(key);
      moving.put(key, group);
    }
    events.progress(group.step, blob.digest().toString(), done, blob.size());
  }

  private Group begin(String name) {
    // No stage is named so: its name has no colon.
    Group group = new Group(name, new Step("transfer:" + ++begun, name, null));
    events.started(group.step, null);
    return group;
  }

  private static String name(Direction direction, RepositoryName repository) {
    return switch (direction) {
      case PULL -> "pulling from " + repository;
      case PUSH -> "pushing to " + repository;
    };
  }

  private void ended(Moving blob) {
    Group group = moving.remove(blob);
    if (group == null) {
      return;
    }
    group.blobs.remove(blob);
    if (group.blobs.isEmpty()) {
      open.remove(group.name);
      BuildFailure failure = group.failure;
      if (failure == null) {
        events.finished(group.step);
      } else {
        events.failed(group.step, failure);
      }
    }
  }

  private static String text(TransferEvent.Retrying retrying) {
    double seconds = retrying.pause().toMillis() / 1000.0;
    return String.format(
        java.util.Locale.ROOT,
        "%s: %s; asked again in %.1f s",
        retrying.action(),
        retrying.cause(),
        seconds);
  }

  private void warn(String message) {
    events.send(new BuildEvent.Warning(events.now(), message, null));
  }
}
