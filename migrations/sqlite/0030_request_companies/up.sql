-- The reseller's or end user's company of whoever asks for access, and for which customer they ask (A6).
ALTER TABLE access_requests ADD COLUMN company TEXT;
ALTER TABLE access_requests ADD COLUMN customer TEXT;
