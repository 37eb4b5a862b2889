/**
 * Writable root file systems over stacks of layers, and the layers they become.
 *
 * <p>A {@link dev.jbuild.snapshot.Snapshotter} prepares an {@linkplain
 * dev.jbuild.snapshot.ActiveSnapshot active snapshot} over its parents, a list of diffIDs, bottom
 * first. A step changes it; {@code commit} takes the difference as a new layer, whose diffID is the
 * digest of the canonical tar of the changes, and {@code close} without commit drops them. The cost
 * of a commit grows with the change, not with the parents.
 *
 * <pre>{@code
 * try (ActiveSnapshot snapshot = store.snapshots().prepare(parents)) {
 *   run(step, snapshot.rootfs());          // the sandbox mounts what rootfs() describes
 *   Layer layer = snapshot.commit();
 * }
 * }</pre>
 */
@NullMarked
package dev.jbuild.snapshot;

import org.jspecify.annotations.NullMarked;
