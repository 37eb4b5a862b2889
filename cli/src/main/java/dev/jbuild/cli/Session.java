package dev.jbuild.cli;

import dev.jbuild.engine.BuildEngine;
import dev.jbuild.engine.EngineSettings;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Platform;
import dev.jbuild.sandbox.Isolation;
import dev.jbuild.sandbox.Sandbox;
import dev.jbuild.sandbox.UsernsRemap;
import dev.jbuild.store.Store;
import dev.jbuild.store.Workspace;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What one command works with: its console, and the store and engine, opened when first asked for.
 */
final class Session implements AutoCloseable {
  private final Console console;
  private final GlobalOptions global;
  private Isolation isolation = Isolation.AUTO;
  private @Nullable String ociRuntime;
  private UsernsRemap usernsRemap = UsernsRemap.OFF;
  private @Nullable String keepStorage;
  private @Nullable Sandbox sandbox;
  private @Nullable Store store;
  private @Nullable BuildEngine engine;

  Session(Console console, GlobalOptions global) {
    this.console = console;
    this.global = global;
  }

  Console console() {
    return console;
  }

  /** The store's directory: {@code --root}, {@code $JBUILD_ROOT}, or the default for this user. */
  Path root() {
    String text = global.root != null ? global.root : console.variable("JBUILD_ROOT").orElse(null);
    try {
      if (text != null) {
        return Path.of(text).toAbsolutePath();
      }
      if ("root".equals(System.getProperty("user.name"))) {
        return Path.of("/var/lib/jbuild");
      }
      return console
          .variable("XDG_DATA_HOME")
          .map(Path::of)
          .filter(Path::isAbsolute)
          .or(() -> console.variable("HOME").map(home -> Path.of(home, ".local", "share")))
          .map(data -> data.resolve("jbuild"))
          .orElseThrow(() ->
              new UsageError("no place for the store: HOME is not set", "give one with --root"));
    } catch (InvalidPathException e) {
      throw new BuildFailure(BuildFailure.Kind.USER, "\"" + text + "\" is not a path", e);
    }
  }

  /** The store, with a lease that ends with the command. */
  Store store() {
    if (store == null) {
      OptionalLong cap = cap();
      store = Store.open(root(), "jbuild " + ProcessHandle.current().pid());
      cap.ifPresent(store::capAt);
    }
    return store;
  }

  /** Caps the store at what a flag says, if it was given; before the store is asked for. */
  void keepStorage(@Nullable String size) {
    keepStorage = size;
  }

  private OptionalLong cap() {
    if (keepStorage != null) {
      return OptionalLong.of(Quantities.bytes("--keep-storage", keepStorage));
    }
    return console
        .variable("JBUILD_KEEP_STORAGE")
        .filter(text -> !text.isEmpty())
        .map(text -> OptionalLong.of(Quantities.bytes("$JBUILD_KEEP_STORAGE", text)))
        .orElse(OptionalLong.empty());
  }

  /** The engine over the store; the first call decides how registries are reached. */
  BuildEngine engine(RegistryFlags registries) {
    if (engine == null) {
      engine =
          new EngineSettings(
                  store(),
                  registries.options(console.env()),
                  this::sandbox,
                  Platform.host(),
                  Clock.systemUTC())
              .open();
    }
    return engine;
  }

  /** Says how RUN steps are to be isolated; before the engine is asked for. */
  void isolate(Isolation wanted, @Nullable String runtime, UsernsRemap remap) {
    isolation = wanted;
    ociRuntime = runtime;
    usernsRemap = remap;
  }

  /** What runs steps; chosen, and tried where ids are remapped, at the first call. */
  synchronized Sandbox sandbox() {
    if (sandbox == null) {
      Sandbox chosen = Sandbox.select(isolation, Optional.ofNullable(ociRuntime));
      if (!usernsRemap.equals(UsernsRemap.OFF)) {
        try (Workspace place = store().workspace()) {
          chosen = chosen.remapped(usernsRemap, place.path());
        }
      }
      sandbox = chosen;
    }
    return sandbox;
  }

  @Override
  public void close() {
    try {
      if (engine != null) {
        engine.close();
      }
    } finally {
      if (store != null) {
        store.close();
      }
    }
  }
}
