package io.epona.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Comment;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** Every schema says where each byte of its messages belongs, leaves no hole, and draws what it says. */
class SchemaTest {
    private static final Map<String, Integer> PRIMITIVE_LENGTHS = Map.of(
            "char", 1, "int8", 1, "uint8", 1, "int16", 2, "uint16", 2, "int32", 4, "uint32", 4, "int64", 8, "uint64",
            8);

    /** Fields whose name does not fit into their place of the map, and how it is written there. */
    private static final Map<String, String> SHORT_NAMES = Map.ofEntries(
            Map.entry("frameLength", "length"),
            Map.entry("frameType", "type"),
            Map.entry("frameVersion", "ver"),
            Map.entry("lastOffsetDelta", "lastOD"),
            Map.entry("partitionIndex", "part"),
            Map.entry("leaderEpoch", "epoch"),
            Map.entry("gatewayId", "gwId"),
            Map.entry("minInSync", "minIS"),
            Map.entry("fromSequenceZero", "fromZer"),
            Map.entry("hearsMulticast", "hears"),
            Map.entry("batchLength", "length"),
            Map.entry("batchCount", "batches"),
            Map.entry("inSyncCount", "inSyncC"),
            Map.entry("committedPosition", "committedPos."),
            Map.entry("replicaCount", "replC"),
            Map.entry("standing", "stand"),
            Map.entry("eventType", "event"));

    @ParameterizedTest
    @ValueSource(
            strings = {"frames", "lane", "checkpoint", "metadata", "control", "orderflow", "replication", "install"})
    void shouldCoverEveryByteWhenFieldsAreLaidOut(final String schema) throws Exception {
        final Document document = parse(schema);
        final Map<String, Integer> lengths = typeLengths(document);
        for (final Element message : elements(document, "sbe:message")) {
            int expected = 0;
            for (final Element field : elements(message, "field")) {
                final String name = message.getAttribute("name") + "." + field.getAttribute("name");
                final int length = lengths.get(field.getAttribute("type"));
                assertEquals(expected, number(field, "offset"), name);
                assertEquals(0, expected % Math.min(length, Long.BYTES), name + " is not aligned");
                expected += length;
            }
            assertEquals(expected, number(message, "blockLength"), message.getAttribute("name"));
            assertEquals(0, expected % Long.BYTES, message.getAttribute("name") + " is not aligned");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"frames", "lane", "checkpoint", "metadata", "control", "orderflow", "replication", "install"})
    void shouldDrawEveryFieldWhenSchemaHasByteMap(final String schema) throws Exception {
        final Document document = parse(schema);
        final String map = comment(document);
        for (final Element message : elements(document, "sbe:message")) {
            for (final Element field : elements(message, "field")) {
                final String name = field.getAttribute("name");
                final boolean isDrawn = map.contains(name)
                        || map.contains(SHORT_NAMES.getOrDefault(name, name))
                        || name.startsWith("reserved");
                assertTrue(isDrawn, message.getAttribute("name") + "." + name + " is not in the byte map");
            }
        }
    }

    private static Document parse(final String schema) throws Exception {
        try (InputStream xml = SchemaTest.class.getResourceAsStream("/sbe/epona-" + schema + ".xml")) {
            return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(xml);
        }
    }

    private static Map<String, Integer> typeLengths(final Document document) {
        final Map<String, Integer> lengths = new HashMap<>(PRIMITIVE_LENGTHS);
        for (final Element type : elements(document, "enum")) {
            lengths.put(type.getAttribute("name"), PRIMITIVE_LENGTHS.get(type.getAttribute("encodingType")));
        }
        for (final Element composite : elements(document, "composite")) {
            int length = 0;
            for (final Element type : elements(composite, "type")) {
                length += PRIMITIVE_LENGTHS.get(type.getAttribute("primitiveType"));
            }
            lengths.put(composite.getAttribute("name"), length);
        }
        for (final Element type : elements(document, "type")) {
            if (type.hasAttribute("length")) {
                final int single = PRIMITIVE_LENGTHS.get(type.getAttribute("primitiveType"));
                lengths.put(type.getAttribute("name"), single * number(type, "length"));
            }
        }
        return lengths;
    }

    private static String comment(final Document document) {
        for (Node node = document.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Comment comment) {
                return comment.getData();
            }
        }
        throw new AssertionError("a schema without a comment on top");
    }

    private static List<Element> elements(final Node parent, final String name) {
        final NodeList nodes = parent instanceof Document document
                ? document.getElementsByTagName(name)
                : ((Element) parent).getElementsByTagName(name);
        final List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }

    private static int number(final Element element, final String attribute) {
        return Integer.parseInt(element.getAttribute(attribute));
    }
}
