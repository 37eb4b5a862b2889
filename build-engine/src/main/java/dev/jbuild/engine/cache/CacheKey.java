package dev.jbuild.engine.cache;

import dev.jbuild.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The identity of a step's result: SHA-256 over a length-framed record of what the result depends
 * on, kept beside that record.
 *
 * <p>Framing makes the encoding injective: no choice of values can imitate another list of fields.
 * The {@linkplain #fields fields} are what {@code jbuild explain} compares, so each has a label a
 * person understands. Values must never be, or be derived from, a secret.
 *
 * @param digest over the framed fields
 * @param fields in the order they were added; the first is the kind of operation
 */
public record CacheKey(Digest digest, List<Field> fields) {

  /** Raised whenever the meaning of a field changes, so that old records are never misread. */
  private static final int FORMAT = 1;

  /**
   * One input of a key.
   *
   * @param label in the words of a Dockerfile: {@code command}, {@code ENV PATH}, {@code base}
   * @param values in order; most fields have one
   */
  public record Field(String label, List<String> values) {
    public Field {
      values = List.copyOf(values);
    }
  }

  public CacheKey {
    fields = List.copyOf(fields);
  }

  public static Builder of(String kind) {
    return new Builder(kind);
  }

  /** The key of the same inputs and one more. */
  public CacheKey with(String label, String value) {
    Builder builder = new Builder(fields);
    return builder.add(label, value).build();
  }

  /** Collects fields; not safe for use by several threads. */
  public static final class Builder {
    private final List<Field> fields = new ArrayList<>();

    private Builder(List<Field> fields) {
      this.fields.addAll(fields);
    }

    private Builder(String kind) {
      add("kind", kind);
    }

    public Builder add(String label, String value) {
      fields.add(new Field(label, List.of(value)));
      return this;
    }

    public Builder add(String label, List<String> values) {
      fields.add(new Field(label, values));
      return this;
    }

    public CacheKey build() {
      return new CacheKey(Digest.of(frame()), fields);
    }

    private byte[] frame() {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (DataOutputStream out = new DataOutputStream(bytes)) {
        out.writeInt(FORMAT);
        out.writeInt(fields.size());
        for (Field field : fields) {
          frame(out, field.label());
          out.writeInt(field.values().size());
          for (String value : field.values()) {
            frame(out, value);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException("writing to memory does not fail", e);
      }
      return bytes.toByteArray();
    }

    private static void frame(DataOutputStream out, String text) throws IOException {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      out.writeInt(utf8.length);
      out.write(utf8);
    }
  }
}
