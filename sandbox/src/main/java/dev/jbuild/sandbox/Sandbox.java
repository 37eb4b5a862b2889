package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The launcher chosen for this process, and why.
 *
 * @param launcher starts steps
 * @param tier what the kernel grants
 * @param isolation the choice that was made, never {@link Isolation#AUTO}
 * @param reason one line for the log, such as "root with CAP_SYS_ADMIN"
 */
public record Sandbox(Launcher launcher, Tier tier, Isolation isolation, String reason) {

  /** The runtime's path, with isolation oci. */
  public Optional<String> ociRuntime() {
    return launcher instanceof OciLauncher oci
        ? Optional.of(oci.runtime().toString())
        : Optional.empty();
  }

  /** To enter the root, to take on users and capabilities, and to end what other users run. */
  private static final List<String> CHROOT_NEEDS =
      List.of("CAP_SYS_CHROOT", "CAP_SETPCAP", "CAP_SETUID", "CAP_SETGID", "CAP_KILL");

  /** What remapping needs. */
  static final String REMAP_FIX = "Linux 5.19 or later, and the store on ext4, xfs, btrfs or tmpfs";

  /**
   * Chooses the launcher. Cheap: two files of /proc are read.
   *
   * @param wanted as {@code --isolation} has it
   * @param ociRuntime as {@code --oci-runtime} has it; with AUTO it chooses that runtime
   * @throws BuildFailure of kind USER for a runtime with an isolation that has none; of kind
   *     UNSUPPORTED if this process cannot have the isolation that is wanted, with what it lacks
   */
  public static Sandbox select(Isolation wanted, Optional<String> ociRuntime) {
    return select(wanted, ociRuntime, Privileges.own());
  }

  /**
   * The same, if steps can be run on layers that are there.
   *
   * @param store where they are to be; it need not be there yet
   * @throws BuildFailure of kind UNSUPPORTED at tier C, whose steps are run in place, if the mount
   *     forbids to execute programs
   */
  public Sandbox on(Path store) {
    if (tier == Tier.C) {
      try {
        ExecutableMount.require(Doctor.existing(store).toRealPath());
      } catch (IOException _) {
        // The store's own error has to do.
      }
    }
    return this;
  }

  /**
   * The same, with the ids of steps remapped. Unless that is off, one step is run to try it, which
   * takes some milliseconds.
   *
   * @param place a directory on the file system of the layers
   * @throws BuildFailure also where ids are required to be remapped and cannot be: kind UNSUPPORTED
   */
  public Sandbox remapped(UsernsRemap remap, Path place) {
    return switch (remap) {
      case UsernsRemap.Off _ -> this;
      case UsernsRemap.Given(IdRange range) -> remapped(range, place);
      case UsernsRemap.Auto(boolean required) -> {
        try {
          yield remapped(SubordinateIds.ofMachine().choose(), place);
        } catch (BuildFailure e) {
          if (required || e.kind() == BuildFailure.Kind.CANCELLED) {
            throw e;
          }
          yield tier == Tier.B
              ? this
              : new Sandbox(launcher, tier, isolation, reason + "; " + e.text());
        }
      }
    };
  }

  private Sandbox remapped(IdRange range, Path place) {
    if (!(launcher instanceof EmbeddedLauncher embedded) || tier != Tier.A) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "ids are not remapped with isolation " + isolation.flag(),
          tier == Tier.B
              ? "leave it away: root of a step is an ordinary user already"
              : "use --isolation namespaces, or --userns-remap off",
          null);
    }
    Launcher shifted = embedded.remapped(range);
    try {
      Trial.run(shifted, true, place);
    } catch (BuildFailure e) {
      if (e.kind() == BuildFailure.Kind.CANCELLED) {
        throw e;
      }
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED, "ids cannot be remapped: " + e.text(), REMAP_FIX, e);
    }
    return new Sandbox(
        shifted, tier, isolation, reason + "; root of a step is user " + range.uid() + " outside");
  }

  static Sandbox select(Isolation wanted, Optional<String> ociRuntime, Privileges own) {
    boolean admin = own.isRootWithMounts();
    Isolation choice =
        switch (wanted) {
          case AUTO ->
              ociRuntime.isPresent()
                  ? Isolation.OCI
                  : admin
                      ? own.userNamespace() ? Isolation.ROOTLESS : Isolation.NAMESPACES
                      : own.uid() == 0 ? Isolation.CHROOT : Isolation.ROOTLESS;
          case NAMESPACES, ROOTLESS, CHROOT, OCI -> wanted;
        };
    if (choice != Isolation.OCI && ociRuntime.isPresent()) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "--oci-runtime is given, and isolation " + choice.flag() + " uses none",
          "use --isolation oci, or leave --oci-runtime away",
          null);
    }
    return switch (choice) {
      case NAMESPACES -> {
        if (!admin) {
          throw lacks("namespaces", own);
        }
        yield new Sandbox(
            new EmbeddedLauncher(own.userNamespace() ? Tier.B : Tier.A),
            own.userNamespace() ? Tier.B : Tier.A,
            choice,
            own.userNamespace() ? "root of a user namespace" : "root with CAP_SYS_ADMIN");
      }
      case ROOTLESS -> {
        if (!own.userNamespace() || !admin) {
          throw new BuildFailure(
              BuildFailure.Kind.UNSUPPORTED,
              "isolation rootless needs a user namespace, and user "
                  + own.uid()
                  + " runs jbuild in none",
              "start it by bin/jbuild, which makes one where that is allowed; jbuild doctor says"
                  + " what forbids it",
              null);
        }
        yield new Sandbox(
            new EmbeddedLauncher(Tier.B),
            Tier.B,
            choice,
            "root of a user namespace with " + own.ids() + (own.ids() == 1 ? " id" : " ids"));
      }
      case CHROOT -> {
        requireChroot(own);
        yield new Sandbox(
            new ChrootLauncher(),
            Tier.C,
            choice,
            admin ? "asked for" : "root without CAP_SYS_ADMIN: nothing can be mounted");
      }
      case OCI, AUTO -> {
        if (!admin) {
          throw lacks("oci", own);
        }
        OciLauncher launcher = OciLauncher.find(ociRuntime);
        yield new Sandbox(
            launcher,
            own.userNamespace() ? Tier.B : Tier.A,
            Isolation.OCI,
            ociRuntime.isPresent()
                ? "asked for " + launcher.runtime()
                : launcher.runtime() + " starts");
      }
    };
  }

  private static void requireChroot(Privileges own) {
    List<String> missing = CHROOT_NEEDS.stream().filter(name -> !own.has(name)).toList();
    if (own.uid() != 0 || !missing.isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "isolation chroot needs root with "
              + String.join(", ", CHROOT_NEEDS)
              + ", and this process "
              + (own.uid() != 0 ? "is user " + own.uid() : "lacks " + String.join(", ", missing)),
          "run the container as root with its default capabilities",
          null);
    }
  }

  private static BuildFailure lacks(String isolation, Privileges own) {
    return new BuildFailure(
        BuildFailure.Kind.UNSUPPORTED,
        "isolation "
            + isolation
            + " needs root with CAP_SYS_ADMIN, and this process is "
            + (own.uid() == 0 ? "root without it" : "user " + own.uid()),
        own.uid() == 0
            ? "give the container CAP_SYS_ADMIN, or use --isolation chroot"
            : "use --isolation rootless",
        null);
  }
}
