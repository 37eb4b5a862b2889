package dev.jbuild.registry;

/** Hears of transfers. Called from many threads at once, must be quick and must not throw. */
@FunctionalInterface
public interface TransferListener {
  void on(TransferEvent event);

  /** Hears nothing. */
  static TransferListener silent() {
    return event -> {};
  }
}
