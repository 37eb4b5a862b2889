package dev.jbuild.cli;

import dev.jbuild.layer.Compression;
import org.jspecify.annotations.Nullable;

/** Reads {@code compression=} and {@code compression-level=}. */
final class CompressionFlag {
  private CompressionFlag() {}

  static Compression parse(@Nullable String name, @Nullable String level) {
    int wanted = level == null ? -1 : Math.toIntExact(Quantities.whole("compression-level", level));
    return switch (name == null ? "gzip" : name) {
      case "gzip" -> wanted < 0 ? Compression.gzip() : new Compression.Gzip(wanted);
      case "zstd" -> wanted < 0 ? Compression.zstd() : new Compression.Zstd(wanted);
      case "uncompressed" -> {
        if (level != null) {
          throw new UsageError("compression=uncompressed takes no compression-level");
        }
        yield Compression.uncompressed();
      }
      case "estargz" -> wanted < 0 ? Compression.estargz() : new Compression.Estargz(wanted);
      default ->
          throw new UsageError(
              "unknown compression \"" + name + "\"",
              "the values are gzip, zstd, estargz and uncompressed");
    };
  }
}
