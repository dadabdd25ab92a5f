package io.epona.systemtests.transactions;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What transactional producers did, and what a reader of committed records must therefore see: of a committed
 * transaction each record once, of an aborted one none, of one whose outcome its producer was not told all or none.
 * Thread-safe.
 */
final class TransactionHistory {
    private final Map<String, Transaction> transactions = new HashMap<>();

    enum Outcome {
        COMMITTED,
        ABORTED,
        UNKNOWN
    }

    private record Transaction(int recordCount, Outcome outcome) {}

    /** Records are called by their transaction's name and a number from 0 on. */
    static String value(final String transaction, final int record) {
        return transaction + '/' + record;
    }

    synchronized void onEnd(final String transaction, final int recordCount, final Outcome outcome) {
        transactions.put(transaction, new Transaction(recordCount, outcome));
    }

    synchronized long count(final Outcome outcome) {
        return transactions.values().stream()
                .filter(one -> one.outcome() == outcome)
                .count();
    }

    synchronized int size() {
        return transactions.size();
    }

    /** Fails for each record that is lost, torn, aborted or repeated. */
    synchronized void check(final List<String> values) {
        final Map<String, Map<String, Integer>> seen = new HashMap<>();
        values.forEach(value -> seen.computeIfAbsent(value.substring(0, value.lastIndexOf('/')), key -> new HashMap<>())
                .merge(value, 1, Integer::sum));
        final List<String> wrong = new ArrayList<>();
        transactions.forEach((name, transaction) -> {
            final Map<String, Integer> records = seen.getOrDefault(name, Map.of());
            final boolean isAll = records.size() == transaction.recordCount();
            final boolean isNone = records.isEmpty();
            final boolean isOnce = records.values().stream().allMatch(count -> count == 1);
            final boolean isRight = isOnce
                    && switch (transaction.outcome()) {
                        case COMMITTED -> isAll;
                        case ABORTED -> isNone;
                        case UNKNOWN -> isAll || isNone;
                    };
            if (!isRight) {
                wrong.add(name + " " + transaction + ": " + records);
            }
        });
        seen.keySet().stream()
                .filter(name -> !transactions.containsKey(name))
                .forEach(name -> wrong.add(name + " was never begun"));
        assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
    }
}
