package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirEntry;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.FileType;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** What a build step might do to a tree: the same for the same seed and the same tree. */
final class RandomStep {
  private static final int OPERATIONS = 120;
  private final Random random;

  RandomStep(long seed) {
    this.random = new Random(seed);
  }

  void run(DirFd root) throws IOException {
    for (int i = 0; i < OPERATIONS; i++) {
      List<BytePath> directories = new ArrayList<>();
      List<BytePath> files = new ArrayList<>();
      collect(root, BytePath.ROOT, directories, files);
      Collections.sort(directories);
      Collections.sort(files);
      operate(root, pick(directories), files.isEmpty() ? BytePath.ROOT : pick(files), i);
    }
  }

  private BytePath pick(List<BytePath> paths) {
    return paths.get(random.nextInt(paths.size()));
  }

  private void operate(DirFd root, BytePath directory, BytePath file, int i) throws IOException {
    BytePath fresh = directory.resolve("new" + random.nextInt(8));
    boolean isFree = root.find(fresh).isEmpty();
    int choice = random.nextInt(11);
    long time = 1_600_000_000L + random.nextInt(1000);
    Stat stat = root.stat(file);
    switch (choice) {
      case 0, 1 -> {
        if (isFree) {
          Trees.file(root, fresh, new byte[] {(byte) i});
        }
      }
      case 2 -> {
        if (isFree) {
          root.mkdir(fresh, 0755);
        }
      }
      case 3 -> {
        if (isFree) {
          root.symlink(fresh, file.isRoot() ? "x" : file.latin1());
          root.setModified(fresh, time, 5);
        }
      }
      case 4 -> root.deleteTree(file);
      case 5 -> {
        if (!directory.isRoot() && directory.depth() < 3) {
          root.deleteTree(directory);
          if (random.nextBoolean()) {
            root.mkdir(directory, 0755);
          }
        }
      }
      case 6 -> {
        if (!stat.isSymlink()) {
          root.chmod(file, 0600 + random.nextInt(64));
        }
      }
      case 7 -> root.chown(file, random.nextInt(3), random.nextInt(3));
      case 8 -> {
        if (stat.isRegular()) {
          try (FileFd open = root.openWrite(file)) {
            open.write(new byte[] {(byte) i, 2}, 0, 2);
            open.setModified(time, 7);
          }
        }
      }
      case 9 -> root.setModified(file, time, random.nextBoolean() ? 0 : 9);
      case 10 -> {
        if (isFree && stat.type() != FileType.DIRECTORY) {
          root.rename(file, fresh);
        }
      }
      default -> throw new IllegalStateException();
    }
  }

  private static void collect(
      DirFd root, BytePath directory, List<BytePath> directories, List<BytePath> files)
      throws IOException {
    directories.add(directory);
    try (DirFd here = root.openDirectory(directory)) {
      for (DirEntry entry : here.list()) {
        BytePath path = directory.resolve(entry.name());
        if (here.stat(entry.name()).isDirectory()) {
          collect(root, path, directories, files);
        } else {
          files.add(path);
        }
      }
    }
  }
}
