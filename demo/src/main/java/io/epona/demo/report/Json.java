package io.epona.demo.report;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;

/** Maps, collections, numbers, booleans and text as JSON that may stand inside an HTML script element. Pure. */
final class Json {
    private static final int FIRST_PRINTABLE = 0x20;

    private Json() {}

    static String of(final Object value) {
        final StringBuilder json = new StringBuilder();
        append(json, value);
        return json.toString();
    }

    private static void append(final StringBuilder json, final Object value) {
        switch (value) {
            case null -> json.append("null");
            case Map<?, ?> map -> appendMap(json, map);
            case Collection<?> collection -> appendAll(json, collection);
            case Double number ->
                json.append(Double.isFinite(number) ? String.format(Locale.ROOT, "%.6g", number) : "null");
            case Number number -> json.append(number);
            case Boolean truth -> json.append(truth);
            default -> appendText(json, value.toString());
        }
    }

    private static void appendMap(final StringBuilder json, final Map<?, ?> map) {
        String separator = "{";
        for (final Map.Entry<?, ?> entry : map.entrySet()) {
            json.append(separator);
            appendText(json, entry.getKey().toString());
            json.append(':');
            append(json, entry.getValue());
            separator = ",";
        }
        json.append(map.isEmpty() ? "{}" : "}");
    }

    private static void appendAll(final StringBuilder json, final Collection<?> collection) {
        String separator = "[";
        for (final Object element : collection) {
            json.append(separator);
            append(json, element);
            separator = ",";
        }
        json.append(collection.isEmpty() ? "[]" : "]");
    }

    private static void appendText(final StringBuilder json, final String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            // Beyond JSON's own: < so that no text can end the script element, the rest for old parsers.
            if (c < FIRST_PRINTABLE || c == '"' || c == '\\' || c == '<' || c == '\u2028' || c == '\u2029') {
                json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }
}
