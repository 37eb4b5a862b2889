package dev.jbuild.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.oci.Json;
import io.vertx.ext.web.RoutingContext;

/** The errors of the registry API (OCI distribution-spec "Error Codes"). */
enum RegistryErrors {
  BLOB_UNKNOWN(404),
  DIGEST_INVALID(400),
  MANIFEST_UNKNOWN(404),
  NAME_INVALID(400),
  NAME_UNKNOWN(404),
  UNAUTHORIZED(401),
  UNSUPPORTED(405),
  RANGE_INVALID(416);

  private final int status;

  RegistryErrors(int status) {
    this.status = status;
  }

  void answer(RoutingContext request, String message) {
    ObjectNode error = Json.object();
    error.put("code", name());
    error.put("message", message);
    ArrayNode errors = Json.array();
    errors.add(error);
    ObjectNode node = Json.object();
    node.set("errors", errors);
    Reply.json(request, status, node);
  }
}
