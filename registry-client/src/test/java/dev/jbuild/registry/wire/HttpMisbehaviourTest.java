package dev.jbuild.registry.wire;

import dev.jbuild.registry.MisbehaviourContract;
import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryOptions;

class HttpMisbehaviourTest extends MisbehaviourContract {
  @Override
  protected Registry open(RegistryOptions options) {
    return new HttpTransport(options);
  }
}
