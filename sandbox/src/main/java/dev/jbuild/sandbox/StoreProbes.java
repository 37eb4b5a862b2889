package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** What can be done on the file system where layers are to be. */
final class StoreProbes {

  private StoreProbes() {}

  static Probe store(Privileges own, Path place) {
    String type;
    try {
      FileStore files = Files.getFileStore(place);
      type = place + " is on " + files.type() + ", " + (files.getUsableSpace() >> 30) + " GiB free";
      if (own.isRootWithoutMounts()) { // elsewhere a step's root is a mount of its own
        ExecutableMount.require(place.toRealPath());
      }
    } catch (IOException e) {
      return Probe.missing(
          "store", place + " cannot be read: " + e.getMessage(), "give another --root");
    } catch (BuildFailure e) {
      return Probe.missing("store", e.text(), e.hint().orElse(null));
    }
    return Files.isWritable(place)
        ? Probe.good("store", type)
        : Probe.missing("store", place + " is not writable", "give another --root");
  }

  static Probe overlay(Privileges own, Path place) {
    if (own.uid() != 0) {
      return Probe.missing("overlay", "cannot be mounted without a user namespace", null);
    }
    if (!own.isRootWithMounts()) {
      return Probe.limited("overlay", "cannot be mounted here; layers are copied", null);
    }
    try {
      Trial.run(new EmbeddedLauncher(own.userNamespace() ? Tier.B : Tier.A), true, place);
      return Probe.good(
          "overlay", own.userNamespace() ? "mounts in a user namespace" : "mounts as root");
    } catch (BuildFailure e) {
      return Machine.setting("/proc/filesystems").contains("\toverlay")
          ? Probe.missing("overlay", e.text(), "put the store on ext4, xfs or btrfs")
          : Probe.missing(
              "overlay", "the kernel has none", "modprobe overlay, as root of the machine");
    }
  }

  static Probe reflink(Path place) {
    Path folder = null;
    try {
      folder = Files.createTempDirectory(place, "doctor-");
      Path file = Files.write(folder.resolve("a"), new byte[4096]);
      boolean can =
          Machine.exitCode(
                  "cp", "--reflink=always", file.toString(), folder.resolve("b").toString())
              == 0;
      return can
          ? Probe.good("reflink", "copies share blocks")
          : Probe.limited(
              "reflink", "the file system copies bytes", "use xfs or btrfs for the store");
    } catch (IOException e) {
      return Probe.limited("reflink", "cannot be tried: " + e.getMessage(), null);
    } finally {
      if (folder != null) {
        Trial.delete(folder);
      }
    }
  }
}
