/**
 * Images in registries: find them, fetch them, send them.
 *
 * <p>An {@link dev.jbuild.registry.ImageName} names an image. {@link dev.jbuild.registry.Puller}
 * resolves it and brings it into the store: manifest and config at once, layers when somebody needs
 * them. {@link dev.jbuild.registry.Pusher} sends an image that is in the store, or one whose layers
 * are still being made. {@link dev.jbuild.registry.ImageCopy} copies between registries, layouts
 * and archives without unpacking. All three work over {@link dev.jbuild.registry.Registry}, the
 * transport; {@code dev.jbuild.registry.wire.Transports} opens one from {@link
 * dev.jbuild.registry.RegistryOptions}.
 *
 * <p>A tag names a manifest, a manifest names a config and layers, an index names manifests; each
 * of them is bytes under a digest, and the bytes are kept as they were received. A blob that the
 * store has is never fetched, one that the registry has is never sent.
 *
 * <p>Failures are {@link dev.jbuild.registry.RegistryFailure}s.
 */
@NullMarked
package dev.jbuild.registry;

import org.jspecify.annotations.NullMarked;
