-- Nothing: a server's index of words keeps no order.
SELECT 1;
