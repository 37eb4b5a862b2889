package dev.jbuild.snapshot;

import org.junit.jupiter.api.Tag;

@Tag("root")
class CopySnapshotterIT extends SnapshotterContract {

  @Override
  Snapshotter snapshotter() {
    return new CopySnapshotter(store);
  }

  @Override
  void run(RootfsMount rootfs, String script) throws Exception {
    Shell.run(((RootfsMount.Directory) rootfs).path(), script);
  }
}
