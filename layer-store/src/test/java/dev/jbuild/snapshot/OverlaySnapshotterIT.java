package dev.jbuild.snapshot;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("root")
class OverlaySnapshotterIT extends SnapshotterContract {

  @Override
  Snapshotter snapshotter() {
    return new OverlaySnapshotter(store);
  }

  @Override
  void run(RootfsMount rootfs, String script) throws Exception {
    RootfsMount.Overlay overlay = (RootfsMount.Overlay) rootfs;
    Path mount = Files.createTempDirectory("jbuild-mount");
    // Relative to the base, and by short links, so that sixty paths fit into a page of options.
    Path links = Files.createDirectory(mount.resolveSibling(mount.getFileName() + "-l"));
    StringBuilder lowers = new StringBuilder();
    int n = 0;
    for (Path lower : overlay.lowers()) {
      Files.createSymbolicLink(links.resolve("" + n), lower);
      lowers.append(n == 0 ? "" : ":").append(n++);
    }
    String options =
        "lowerdir=%s,upperdir=%s,workdir=%s,index=off,xino=off,%s"
            .formatted(
                lowers,
                overlay.upper(),
                overlay.work(),
                overlay.userXattr() ? "userxattr" : "redirect_dir=off,metacopy=off");
    try {
      Shell.run(links, "mount -t overlay overlay -o " + options + " " + mount);
      try {
        Shell.run(mount, script);
      } finally {
        Shell.run(links, "umount " + mount);
      }
    } finally {
      Shell.run(Path.of("/"), "rm -r " + links + "; rmdir " + mount);
    }
  }
}
