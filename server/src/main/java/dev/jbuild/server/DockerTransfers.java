package dev.jbuild.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.image.ArchiveWriter;
import dev.jbuild.image.ImageNames;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.ImageName;
import dev.jbuild.registry.PulledImage;
import dev.jbuild.registry.RegistryClient;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.wire.Transports;
import dev.jbuild.server.docker.ImageJson;
import dev.jbuild.server.docker.Query;
import dev.jbuild.server.docker.RegistryLogins;
import dev.jbuild.server.docker.TransferMessages;
import dev.jbuild.store.Store;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Docker's push, pull and save: images between the store, registries and the client. */
final class DockerTransfers {
  private static final int PIECE = 1 << 16;

  private final Store store;
  private final ServedImages images;
  private final RegistryOptions registry;
  private final Offload offload;

  DockerTransfers(Store store, ServedImages images, RegistryOptions registry, Offload offload) {
    this.store = store;
    this.images = images;
    this.registry = registry;
    this.offload = offload;
  }

  /** {@code POST /images/NAME/push}; without a tag, all that the repository has here. */
  void push(RoutingContext request, String name, Query query) {
    String header = request.request().getHeader("x-registry-auth");
    MessageStream messages = new MessageStream(request);
    start(
        request,
        messages,
        () -> {
          query.allow(Set.of("tag"));
          List<ImageName> wanted = wanted(name, query.text("tag").orElse(null));
          String host = wanted.getFirst().repository().host();
          messages.send(
              status("The push refers to repository [" + wanted.getFirst().repository() + "]"));
          try (RegistryClient client = client(header, host, messages)) {
            for (ImageName each : wanted) {
              Descriptor root = images.find(each.familiar()).target();
              String digest = client.pusher().push(root, List.of(each)).toString();
              String tag = each.tag().orElse("");
              messages.send(status(tag + ": digest: " + digest + " size: " + root.size()));
              ObjectNode aux = Json.object();
              aux.set("progressDetail", Json.object());
              aux.set(
                  "aux",
                  Json.object().put("Tag", tag).put("Digest", digest).put("Size", root.size()));
              messages.send(aux);
            }
          }
        });
  }

  private List<ImageName> wanted(String name, @Nullable String tag) {
    ImageName image = ImageName.parse(tag == null ? name : name + ":" + tag);
    List<ImageName> known =
        store.tags().list().keySet().stream()
            .map(ImageName::parse)
            .filter(each -> each.repository().equals(image.repository()))
            .filter(each ->
                (tag == null && !name.endsWith(":" + image.tag().orElse("")))
                    || each.tag().equals(image.tag()))
            .toList();
    if (known.isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.NOT_FOUND,
          "An image does not exist locally with the tag: " + image.familiar());
    }
    return known;
  }

  /** {@code POST /images/create}: one platform of an image, as Docker pulls it. */
  void pull(RoutingContext request, Query query) {
    String header = request.request().getHeader("x-registry-auth");
    MessageStream messages = new MessageStream(request);
    start(
        request,
        messages,
        () -> {
          query.refuse("fromSrc", "is not supported: jbuild import makes an image of a tar");
          query.allow(Set.of("fromImage", "tag", "platform"));
          ImageName image = pullName(query);
          Platform platform = query.text("platform").map(Platform::parse).orElse(Platform.host());
          try (RegistryClient client = client(header, image.repository().host(), messages)) {
            PulledImage pulled = client.puller().pull(image, platform);
            messages.send(
                status("Pulling from " + image.repository().path())
                    .put("id", image.tag().orElse(pulled.root().digest().toString())));
            client.puller().fetchLayers(pulled);
            Descriptor target = pulled.manifest().descriptor().withPlatform(platform);
            boolean newer = true;
            if (image.digest().isEmpty()) {
              String name = ImageNames.complete(image.familiar());
              Optional<Descriptor> before = store.tags().get(name);
              newer = before.map(old -> !old.digest().equals(target.digest())).orElse(true);
              store.tags().put(name, target);
            }
            messages.send(status("Digest: " + pulled.root().digest()));
            messages.send(
                status(
                    "Status: "
                        + (newer ? "Downloaded newer image for " : "Image is up to date for ")
                        + image.familiar()));
          }
        });
  }

  private static ImageName pullName(Query query) {
    String name =
        query
            .text("fromImage")
            .orElseThrow(
                () -> new BuildFailure(BuildFailure.Kind.USER, "fromImage, a name, is missing"));
    String tag = query.text("tag").orElse("");
    String joint = tag.isEmpty() ? "" : tag.contains(":") ? "@" : ":";
    return ImageName.parse(name + joint + tag);
  }

  private RegistryClient client(@Nullable String header, String host, MessageStream messages) {
    RegistryOptions options =
        registry
            .askingFirst(RegistryLogins.auth(header, host))
            .heardBy(event -> messages.send(TransferMessages.of(event)));
    return new RegistryClient(Transports.open(options), options, store);
  }

  private static ObjectNode status(String text) {
    return Json.object().put("status", text);
  }

  /** What is done on a virtual thread, and interrupted when the client goes away. */
  private interface Work {
    void run() throws IOException, InterruptedException, ExecutionException;
  }

  private void start(RoutingContext request, MessageStream messages, Work work) {
    request.request().resume();
    offload.start(() -> {
      Thread worker = Thread.currentThread();
      messages.onGone(worker::interrupt);
      try {
        work.run();
        messages.end();
      } catch (BuildFailure e) {
        messages.fail(e);
      } catch (Exception e) {
        messages.fail(new BuildFailure(BuildFailure.Kind.INTERNAL, "internal fault: " + e, e));
      }
    });
  }

  /** {@code GET /images/get}: an archive for {@code docker load}. */
  void save(RoutingContext request, List<String> names) {
    offload.run(
        request,
        () -> {
          new Query(request.queryParams()).allow(Set.of("names"));
          if (names.isEmpty()) {
            throw new BuildFailure(BuildFailure.Kind.USER, "names of images are missing");
          }
          SequencedMap<String, Descriptor> selected = new LinkedHashMap<>();
          for (String name : names) {
            ImageJson image = images.find(name);
            selected.put(images.tag(name).orElse(""), image.target());
          }
          return selected;
        },
        selected -> {
          HttpServerResponse response = request.response();
          response.setChunked(true).putHeader("content-type", "application/x-tar");
          ResponseWriter writer =
              new ResponseWriter(response, request.vertx().getOrCreateContext());
          offload.start(() -> {
            try (OutputStream out = new BufferedOutputStream(new Sending(writer), PIECE)) {
              new ArchiveWriter(store).writeTar(selected, ArchiveWriter.Kind.DOCKER, out);
              out.flush();
              writer.end();
            } catch (Exception e) {
              // the client sees the archive end early, which is all that can be told by now
              request.vertx().runOnContext(_ -> response.reset());
            }
          });
        });
  }

  /** A response as a stream of bytes. */
  private static final class Sending extends OutputStream {
    private final ResponseWriter writer;

    Sending(ResponseWriter writer) {
      this.writer = writer;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        writer.write(Buffer.buffer().appendBytes(bytes, offset, length));
      } catch (ExecutionException e) {
        throw new IOException("the client is gone", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }
}
