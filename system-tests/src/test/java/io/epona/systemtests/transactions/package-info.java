/** Transactions with real clients, in a cell whose nodes are killed. */
package io.epona.systemtests.transactions;
