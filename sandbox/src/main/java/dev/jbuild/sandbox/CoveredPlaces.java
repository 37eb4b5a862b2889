package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Places in a root that something is put into for the time of a step: what was there is set aside
 * and comes back, and the directories on the way get their times again.
 *
 * <p>The step may have put links on the way: a place behind one is left as it is, and reported.
 */
final class CoveredPlaces {

  /** Something to be undone after the step. */
  interface Undo {
    void run() throws IOException;
  }

  private final RootPaths paths;
  private final Deque<Undo> undo = new ArrayDeque<>();

  /** Directories whose times the placing changed: what they were, and what it made of them. */
  private final Map<Path, FileTime> before = new HashMap<>();

  private final Map<Path, FileTime> placed = new HashMap<>();

  CoveredPlaces(RootPaths paths) {
    this.paths = paths;
  }

  /**
   * Makes room at a path: what is there is set aside, missing parents are made; both are undone.
   *
   * @param directory whether one goes there: as a mount, it is put on nothing else
   */
  Path cover(String path, boolean directory) throws IOException {
    Path target = paths.possible(path);
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)
        && directory != Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE,
          "cannot bind: \"" + path + "\": " + (directory ? "not a directory" : "is a directory"));
    }
    List<Path> missing = new ArrayList<>();
    for (Path p = target.getParent();
        p != null && !Files.exists(p, LinkOption.NOFOLLOW_LINKS);
        p = p.getParent()) {
      missing.addFirst(p);
    }
    for (Path p : missing) {
      restoreTimesOfParent(p);
      Files.createDirectory(p);
      undo.push(() -> {
        try {
          Files.deleteIfExists(paths.unchanged(p));
        } catch (DirectoryNotEmptyException _) {
          // The step put something there, so it stays.
        }
      });
    }
    restoreTimesOfParent(target);
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      Path aside = paths.root().resolveSibling(".jbuild-aside-" + System.nanoTime());
      Files.move(target, aside, StandardCopyOption.ATOMIC_MOVE);
      undo.push(() -> Files.move(aside, paths.unchanged(target), StandardCopyOption.ATOMIC_MOVE));
    }
    undo.push(() -> {
      if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
        FileTrees.delete(paths.unchanged(target));
      }
    });
    return target;
  }

  private void restoreTimesOfParent(Path child) throws IOException {
    Path parent = child.getParent();
    if (parent == null) {
      return;
    }
    if (!before.containsKey(parent)) {
      before.put(parent, Files.getLastModifiedTime(parent));
    }
    undo.push(() -> {
      FileTime time = before.get(parent);
      if (time != null && Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) {
        Files.setLastModifiedTime(paths.unchanged(parent), time);
      }
    });
  }

  /** Adds something to be undone, before all that was added until now. */
  void afterwards(Undo action) {
    undo.push(action);
  }

  /** Says that all is in place; what changes a directory from now on is the step. */
  void complete() throws IOException {
    for (Path directory : before.keySet()) {
      placed.put(directory, Files.getLastModifiedTime(directory));
    }
  }

  /**
   * Undoes everything, last first; what cannot be undone stops nothing else.
   *
   * @throws BuildFailure of kind CONFLICT for what could not be undone
   */
  void uncover() {
    List<IOException> failures = new ArrayList<>();
    try {
      keepTimesOfTheStep();
    } catch (IOException e) {
      failures.add(e);
    }
    while (!undo.isEmpty()) {
      try {
        undo.pop().run();
      } catch (IOException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.CONFLICT,
          "the step changed what was mounted for it: " + failures.getFirst().getMessage(),
          failures.getFirst());
    }
  }

  /** A directory that the step itself changed keeps the time of that. */
  private void keepTimesOfTheStep() throws IOException {
    for (Map.Entry<Path, FileTime> directory : placed.entrySet()) {
      Path path = directory.getKey();
      if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        FileTime now = Files.getLastModifiedTime(paths.unchanged(path));
        if (!now.equals(directory.getValue())) {
          before.put(path, now);
        }
      }
    }
  }
}
