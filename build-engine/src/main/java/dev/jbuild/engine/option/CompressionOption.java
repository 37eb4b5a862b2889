package dev.jbuild.engine.option;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.Compression;
import org.jspecify.annotations.Nullable;

/** Reads {@code compression=} and {@code compression-level=}. */
public final class CompressionOption {
  private CompressionOption() {}

  /**
   * The compression; gzip if neither is given, and each one's own level if that is not.
   *
   * @throws BuildFailure {@code USER} if there is none such
   */
  public static Compression parse(@Nullable String name, @Nullable String level) {
    int wanted = level == null ? -1 : whole(level);
    return switch (name == null ? "gzip" : name) {
      case "gzip" -> wanted < 0 ? Compression.gzip() : new Compression.Gzip(wanted);
      case "zstd" -> wanted < 0 ? Compression.zstd() : new Compression.Zstd(wanted);
      case "uncompressed" -> {
        if (level != null) {
          throw new BuildFailure(Kind.USER, "compression=uncompressed takes no compression-level");
        }
        yield Compression.uncompressed();
      }
      case "estargz" -> wanted < 0 ? Compression.estargz() : new Compression.Estargz(wanted);
      default ->
          throw new BuildFailure(
              Kind.USER,
              "unknown compression \"" + name + "\"",
              "the values are gzip, zstd, estargz and uncompressed",
              null);
    };
  }

  private static int whole(String level) {
    try {
      return Integer.parseInt(level);
    } catch (NumberFormatException e) {
      throw new BuildFailure(
          Kind.USER, "compression-level \"" + level + "\" is not a whole number");
    }
  }
}
