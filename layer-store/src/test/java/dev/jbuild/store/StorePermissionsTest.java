package dev.jbuild.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Images and steps bring programs with the setuid bit and device nodes: to whoever could execute or
 * open one below the store of root, they would give the machine.
 */
class StorePermissionsTest {
  private static final List<String> HOSTILE = List.of("layers", "snapshots", "ingest", "cache");

  @TempDir Path dir;

  @Test
  void storeThatIsMadeIsItsOwnersAlone() throws IOException {
    Path root = dir.resolve("a/store");
    open(root);
    assertThat(permissions(root)).isEqualTo("rwx------");
    for (String name : HOSTILE) {
      assertThat(permissions(root.resolve(name))).as(name).isEqualTo("rwx------");
    }
  }

  @Test
  void whatHoldsFilesOfImagesIsClosedToOthersInAStoreThatIsThere() throws IOException {
    Path root = Files.createDirectory(dir.resolve("store"));
    set(root, "rwxr-xr-x");
    for (String name : HOSTILE) {
      set(Files.createDirectory(root.resolve(name)), "rwxrwxr-x");
    }
    open(root);
    assertThat(permissions(root)).as("the owner's own affair").isEqualTo("rwxr-xr-x");
    for (String name : HOSTILE) {
      assertThat(permissions(root.resolve(name))).as(name).isEqualTo("rwxrwx---");
    }
  }

  private static void open(Path root) {
    Store.open(root, "test").close();
  }

  private static void set(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
