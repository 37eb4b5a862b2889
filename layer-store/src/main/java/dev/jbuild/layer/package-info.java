/**
 * Layers as bytes and as directories: tar in, tar out, differences, compression.
 *
 * <p><b>Words.</b> A {@link dev.jbuild.layer.TreeEntry} is a file of a tree with all that a layer
 * keeps of it. A {@link dev.jbuild.layer.TreeChange} is an entry, a {@linkplain
 * dev.jbuild.layer.Whiteout whiteout} or an {@linkplain dev.jbuild.layer.OpaqueMark opaque mark}; a
 * layer is a sequence of changes in {@linkplain dev.jbuild.linux.BytePath tree order}. A {@link
 * dev.jbuild.layer.FileTree} answers look-ups: a {@link dev.jbuild.layer.DirectoryTree} of a
 * directory on disk, a {@link dev.jbuild.layer.LayeredView} of a stack of unpacked layers, a {@link
 * dev.jbuild.layer.TarTree} of a tar file, a {@link dev.jbuild.layer.LayerBuilder} of a layer in
 * the making over what is below it.
 *
 * <p><b>A COPY</b> looks its sources up in one tree and puts them into a builder over another; the
 * layer is written once, hashed and compressed on the way:
 *
 * <pre>{@code
 * LayerBuilder layer = new LayerBuilder(rootfs);
 * Resolved target = layer.resolve(destination);
 * TreeWalk.of(context, source).forEach(e ->
 *     layer.put(e.at(target.path().resolve(e.path().relativeTo(source)))
 *               .with(e.attributes().withOwner(0, 0))));
 * try (CompressedLayerStream out = CompressedLayerStream.open(sink, Compression.gzip())) {
 *   layer.writeTo(new LayerWriter(out, LayerWriter.Options.CANONICAL));
 *   CompressedLayer result = out.finish();
 * }
 * }</pre>
 *
 * <p><b>A RUN</b> is turned into the same sequence of changes by {@link dev.jbuild.layer.UpperDiff}
 * (overlay) or {@link dev.jbuild.layer.StatIndex} (copy). <b>Unpacking</b> is {@link
 * dev.jbuild.layer.LayerExtractor}, which trusts nothing in the tar.
 *
 * <p>Failures: {@link dev.jbuild.failure.BuildFailure} of kind {@code CORRUPT} for bytes that are
 * no proper layer, {@code UNSUPPORTED} for limits; {@link java.io.IOException} where the disk or a
 * stream fails.
 */
@NullMarked
package dev.jbuild.layer;

import org.jspecify.annotations.NullMarked;
