package io.epona.demo.flow;

import io.epona.codec.orderflow.EventType;
import io.epona.codec.orderflow.Side;

/**
 * One line of a LOBSTER message file: seconds after midnight, event type, order id, size, price (dollars times 10,000),
 * direction of the order. Pure functions.
 */
final class LobsterLine {
    static final int COLUMNS = 6;

    private static final long NS_PER_S = 1_000_000_000L;
    private static final long NS_PER_DAY = 86_400 * NS_PER_S;
    private static final int NS_DIGITS = 9;
    private static final int MAX_FRACTION_DIGITS = 18;
    private static final int SHOWN_LENGTH = 40;

    private LobsterLine() {}

    /**
     * Reads a line.
     *
     * @throws IllegalArgumentException saying what is wrong with it
     */
    static FlowEvent parse(final String line, final String symbol) {
        final String[] fields = line.split(",", -1);
        if (fields.length != COLUMNS) {
            throw new IllegalArgumentException("expected " + COLUMNS
                    + " columns (time, type, order id, size, price, direction), found " + fields.length + ": "
                    + shown(line));
        }
        final long timeNs = timeNs(fields[0].strip());
        final EventType type = type(fields[1].strip());
        final long orderId = number("order id", fields[2].strip(), 0, Long.MAX_VALUE);
        final int size = (int) number("size", fields[3].strip(), 0, Integer.MAX_VALUE);
        // A halt has -1 (stopped), 0 (quoting again) or 1 (trading again) in the place of a price; a cross may have -1.
        final boolean isSpecial = type == EventType.HALT || type == EventType.CROSS;
        final long price = number("price", fields[4].strip(), isSpecial ? -1 : 0, Long.MAX_VALUE);
        return new FlowEvent(timeNs, symbol, type, orderId, size, price, side(fields[5].strip()));
    }

    /** Exact to the nanosecond; further digits, which some tools leave behind, are rounded. */
    private static long timeNs(final String text) {
        final int dot = text.indexOf('.');
        final String whole = dot < 0 ? text : text.substring(0, dot);
        final String fraction = dot < 0 ? "" : text.substring(dot + 1);
        if (whole.isEmpty() || !isDigits(whole) || !isDigits(fraction) || fraction.length() > MAX_FRACTION_DIGITS) {
            throw new IllegalArgumentException("time is not seconds after midnight: " + shown(text));
        }
        long timeNs = number("time", whole, 0, NS_PER_DAY / NS_PER_S) * NS_PER_S;
        long digitNs = NS_PER_S / 10;
        for (int i = 0; i < Math.min(fraction.length(), NS_DIGITS); i++) {
            timeNs += (fraction.charAt(i) - '0') * digitNs;
            digitNs /= 10;
        }
        if (fraction.length() > NS_DIGITS && fraction.charAt(NS_DIGITS) >= '5') {
            timeNs++;
        }
        if (timeNs >= NS_PER_DAY) {
            throw new IllegalArgumentException("time is not within a day: " + shown(text));
        }
        return timeNs;
    }

    private static EventType type(final String text) {
        return switch (text) {
            case "1" -> EventType.NEW_LIMIT_ORDER;
            case "2" -> EventType.PARTIAL_CANCEL;
            case "3" -> EventType.DELETE;
            case "4" -> EventType.VISIBLE_EXECUTION;
            case "5" -> EventType.HIDDEN_EXECUTION;
            case "6" -> EventType.CROSS;
            case "7" -> EventType.HALT;
            default -> throw new IllegalArgumentException("type is not 1 to 7: " + shown(text));
        };
    }

    private static Side side(final String text) {
        return switch (text) {
            case "1" -> Side.BUY;
            case "-1" -> Side.SELL;
            default -> throw new IllegalArgumentException("direction is neither 1 nor -1: " + shown(text));
        };
    }

    private static long number(final String name, final String text, final long min, final long max) {
        final long value;
        try {
            value = Long.parseLong(text);
        } catch (final NumberFormatException ex) {
            throw new IllegalArgumentException(name + " is not a whole number: " + shown(text), ex);
        }
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " is not within " + min + " to " + max + ": " + shown(text));
        }
        return value;
    }

    private static boolean isDigits(final String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** Printable and short, whatever the file holds. */
    static String shown(final String text) {
        final String head = text.length() > SHOWN_LENGTH ? text.substring(0, SHOWN_LENGTH) + "..." : text;
        return '"' + head.replaceAll("[^\\x20-\\x7e]", "?") + '"';
    }
}
