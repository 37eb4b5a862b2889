package dev.jbuild.oci;

import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON in and out; the only place that holds a mapper.
 *
 * <p>What is written has the form of Go's {@code encoding/json}, which every other image tool uses:
 * {@code < > &} and the two Unicode line separators are escaped, keys stand in the order they were
 * put. So an image that equals BuildKit's in content can equal it in bytes. Thread-safe.
 */
public final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonWriteFeature.ESCAPE_FORWARD_SLASHES)
          .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
          .build();
  private static final ObjectWriter COMPACT = MAPPER.writer(new GoEscapes());
  private static final ObjectWriter INDENTED =
      MAPPER
          .writer(
              new DefaultPrettyPrinter(
                      Separators.createDefaultInstance()
                          .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                          .withArrayEmptySeparator("")
                          .withObjectEmptySeparator(""))
                  .withArrayIndenter(new DefaultIndenter("  ", "\n"))
                  .withObjectIndenter(new DefaultIndenter("  ", "\n")))
          .with(new GoEscapes());

  private Json() {}

  /** The shared mapper, for readers of streams and of records of their own. Do not reconfigure. */
  public static JsonMapper mapper() {
    return MAPPER;
  }

  /**
   * Parses one JSON object.
   *
   * @param what names the object in the message of a failure: {@code "image config sha256:…"}
   * @throws BuildFailure of kind {@code CORRUPT} if the bytes are not one JSON object
   */
  public static ObjectNode parseObject(byte[] bytes, String what) {
    try {
      if (MAPPER.readTree(bytes) instanceof ObjectNode object) {
        return object;
      }
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.CORRUPT, what + " is not valid JSON: " + firstLine(e), e);
    }
    throw new BuildFailure(BuildFailure.Kind.CORRUPT, what + " is not a JSON object");
  }

  /** One line, no blanks. */
  public static byte[] compact(JsonNode node) {
    return write(COMPACT, node);
  }

  /** Two blanks a level, as manifests are usually written. */
  public static byte[] indented(JsonNode node) {
    return write(INDENTED, node);
  }

  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  public static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  /** An array of strings. */
  public static ArrayNode array(Collection<String> items) {
    ArrayNode array = array();
    items.forEach(array::add);
    return array;
  }

  /** An object of strings, in the order of the map. */
  public static ObjectNode object(Map<String, String> entries) {
    ObjectNode object = object();
    entries.forEach(object::put);
    return object;
  }

  private static byte[] write(ObjectWriter writer, JsonNode node) {
    try {
      return writer.writeValueAsBytes(node);
    } catch (IOException e) {
      throw new IllegalStateException("a JSON tree cannot be written", e);
    }
  }

  private static String firstLine(IOException e) {
    String message =
        e instanceof com.fasterxml.jackson.core.JsonProcessingException json
            ? json.getOriginalMessage()
            : e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message.lines().findFirst().orElse("");
  }

  /** The escapes of Go's encoder with its default {@code SetEscapeHTML(true)}. */
  private static final class GoEscapes extends CharacterEscapes {
    private static final long serialVersionUID = 1;
    private final int[] ascii;

    GoEscapes() {
      ascii = standardAsciiEscapesForJSON();
      for (int c = 0; c < ascii.length; c++) {
        // Jackson's own hex escapes have upper-case digits, Go's lower-case ones.
        if (ascii[c] == ESCAPE_STANDARD || c == '<' || c == '>' || c == '&') {
          ascii[c] = ESCAPE_CUSTOM;
        }
      }
    }

    @Override
    public int[] getEscapeCodesForAscii() {
      return ascii.clone();
    }

    @Override
    public @Nullable SerializableString getEscapeSequence(int c) {
      return c < 0x80 || c == 0x2028 || c == 0x2029
          ? new SerializedString(String.format("\\u%04x", c))
          : null;
    }
  }
}
