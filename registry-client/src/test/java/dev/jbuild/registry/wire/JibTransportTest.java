package dev.jbuild.registry.wire;

import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryContract;
import dev.jbuild.registry.fixture.MemoryRegistry;
import dev.jbuild.registry.fixture.TestOptions;
import org.junit.jupiter.api.AfterEach;

/** The contract over Jib, with the registry in this process. */
class JibTransportTest extends RegistryContract {
  private final MemoryRegistry memory = new MemoryRegistry();

  @AfterEach
  void stop() {
    memory.close();
  }

  @Override
  protected String host() {
    return memory.host();
  }

  @Override
  protected Registry open() {
    return new JibTransport(TestOptions.builder().build());
  }

  @Override
  protected boolean listsReferrers() {
    return true;
  }
}
