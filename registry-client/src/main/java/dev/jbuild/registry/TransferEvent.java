package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import java.time.Duration;

/** What a pull or a push tells while it is at work. Blobs are told apart by their digest. */
public sealed interface TransferEvent {

  /** The direction of the bytes. */
  enum Direction {
    PULL,
    PUSH
  }

  /** A blob begins to move, or, if it is pushed, may turn out not to have to. */
  record Started(Direction direction, RepositoryName repository, Descriptor blob)
      implements TransferEvent {}

  /**
   * {@code done} bytes of the blob have moved, with those that an earlier attempt left; told when
   * the first bytes are about to move, and then at most five times a second for each blob.
   */
  record Progressed(Direction direction, RepositoryName repository, Descriptor blob, long done)
      implements TransferEvent {}

  /** The blob is where it was wanted, and verified if it was pulled. */
  record Finished(Direction direction, RepositoryName repository, Descriptor blob)
      implements TransferEvent {}

  /** A blob that was started does not arrive; the failure is thrown where it was asked for. */
  record Failed(
      Direction direction, RepositoryName repository, Descriptor blob, BuildFailure failure)
      implements TransferEvent {}

  /** Nothing had to move. */
  record Skipped(Direction direction, RepositoryName repository, Descriptor blob, Reason reason)
      implements TransferEvent {
    /** Why. */
    public enum Reason {
      /** The target had it. */
      PRESENT,
      /** The registry took it from another repository of its own. */
      MOUNTED,
      /** Its licence keeps it out of registries. */
      FOREIGN
    }
  }

  /**
   * A request is repeated after a wait.
   *
   * @param action what is repeated: {@code GET ghcr.io/team/app blob sha256:…}
   * @param cause one line
   * @param failures how many attempts went wrong in a row
   */
  record Retrying(String action, String cause, int failures, Duration pause)
      implements TransferEvent {}

  /** A mirror did not serve; the next one, or the registry itself, is asked. */
  record MirrorFailed(RepositoryName mirror, String cause) implements TransferEvent {}
}
